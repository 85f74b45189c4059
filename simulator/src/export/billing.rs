//! Invoices, lines and sub lines in both dialects, and drafts. Columns of transfers as in the vendor's database reference,
//! those of flat files as in the header lines of a public sample of a Plans account.

use super::csv::{Cell, ENVIRONMENT, Row, Table, amount, optional, quantity};
use super::offer::plan_id;
use crate::account::{Account, Scale};
use crate::calendar::{HOUR, Millis};
use crate::decimal::{Price, plain};
use crate::invoice::{Invoice, Kind, Line, LineKind, Status, SubLine};
use crate::price_list::PLANS;

/// An invoice as it was before it was withdrawn.
pub(super) fn before_the_change(invoice: &Invoice) -> Invoice {
    match invoice.status {
        Status::Draft | Status::Finalized => invoice.clone(),
        Status::Void => {
            Invoice { status: Status::Finalized, updated_at: invoice.issued_at + 5 * HOUR, ..invoice.clone() }
        }
    }
}

/// The invoices of plans. The withdrawn one of A1 Company is still finalized here; a later transfer withdraws it.
pub(super) fn flat_invoices(account: &Account, invoices: &[Invoice]) -> Table {
    let row = |invoice: &Invoice| {
        let shown = if invoice.customer == 0 { before_the_change(invoice) } else { invoice.clone() };
        vec![
            ("id", shown.id.as_str().into()),
            ("status", shown.status.text().into()),
            ("total", amount(shown.total())),
            ("credit_type_id", account.credit_type(shown.currency).into()),
            ("credit_type_name", shown.currency.credit_type_name().into()),
            ("customer_id", account.customers[shown.customer].id.as_str().into()),
            ("plan_id", optional(shown.plan.map(|plan| plan_id(account, plan)))),
            ("plan_name", optional(shown.plan.map(|plan| PLANS[plan].name.into()))),
            ("start_timestamp", Cell::Unpadded(shown.period.start)),
            ("end_timestamp", Cell::Unpadded(shown.period.end)),
            ("billing_provider_invoice_id", Cell::Empty),
            ("billing_provider_invoice_external_status", Cell::Empty),
            ("invoice_label", "PLAN_ARREARS".into()),
            ("issued_at", Cell::Unpadded(shown.issued_at)),
            ("metadata", "{\"corrections\":{}}".into()),
            ("environment_type", ENVIRONMENT.into()),
            ("updated_at", Cell::Time(shown.updated_at)),
        ]
    };
    Table::new("invoice", invoices.iter().filter(|invoice| invoice.plan.is_some()).map(row).collect())
}

/// An invoice as transfers have it; `paid` is the billing provider's status, empty for none.
pub(super) fn invoice_row(account: &Account, invoice: &Invoice, paid: &str) -> Row {
    let contract = invoice.contract.clone();
    // What is paid of an invoice that is in a flat file comes by itself.
    let told = account.scale == Scale::Live || invoice.contract.is_some();
    let external = invoice.external.as_ref().filter(|_| told && paid.is_empty());
    let paid = external.map_or(paid, |external| external.status);
    let provider_id = external.map_or("in_0000000001", |external| external.id.as_str());
    let provided = !paid.is_empty();
    let period = |at| if invoice.kind.has_period() { Cell::Time(at) } else { Cell::Empty };
    let when_provided = |text: &str| if provided { text.into() } else { Cell::Empty };
    vec![
        ("id", invoice.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("status", invoice.status.text().into()),
        ("total", amount(invoice.total())),
        ("credit_type_id", account.credit_type(invoice.currency).into()),
        ("credit_type_name", invoice.currency.credit_type_name().into()),
        ("customer_id", account.customers[invoice.customer].id.as_str().into()),
        ("plan_id", optional(invoice.plan.map(|plan| plan_id(account, plan)))),
        ("plan_name", optional(invoice.plan.map(|plan| PLANS[plan].name.into()))),
        ("contract_id", optional(contract.clone())),
        ("billing_provider_invoice_id", when_provided(provider_id)),
        ("billing_provider_type", when_provided("stripe")),
        (
            "billing_provider_invoice_created_at",
            if provided { Cell::Time(invoice.issued_at + 6 * HOUR) } else { Cell::Empty },
        ),
        ("billing_provider_invoice_external_status", when_provided(paid)),
        ("invoice_label", label(invoice.kind).into()),
        ("metadata", "{\"corrections\":{}}".into()),
        ("start_timestamp", period(invoice.period.start)),
        ("end_timestamp", period(invoice.period.end)),
        ("issued_at", Cell::Time(invoice.issued_at)),
        ("updated_at", Cell::Time(invoice.updated_at)),
    ]
}

/// What transfers call a kind of invoice.
fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Plan => "PLAN_ARREARS",
        Kind::Usage => "CONTRACT_USAGE",
        Kind::Scheduled => "CONTRACT_SCHEDULED",
        Kind::Trueup => "CONTRACT_TRUEUP",
        Kind::Consolidated => "CONTRACT_USAGE_CONSOLIDATED",
        Kind::Correction => "CORRECTION",
    }
}

/// The grant a line takes off, if it is such a line; otherwise its commit.
fn grant_and_commit(line: &Line) -> (Option<String>, Option<String>) {
    match line.kind {
        LineKind::Grant => (line.commit.clone(), None),
        _ => (None, line.commit.clone()),
    }
}

/// The subscription a line bills.
fn subscription(line: &Line) -> Option<String> {
    line.source.clone().filter(|_| line.kind == LineKind::Subscription)
}

/// Lines in an order of their own, as an export has them: that of their ids.
fn lines_of(invoices: &[Invoice], keep: impl Fn(&Invoice) -> bool) -> Vec<(&Invoice, &Line)> {
    let mut lines: Vec<_> = invoices
        .iter()
        .filter(|invoice| keep(invoice))
        .flat_map(|invoice| invoice.lines.iter().map(move |line| (invoice, line)))
        .collect();
    lines.sort_by(|one, other| one.1.id.cmp(&other.1.id));
    lines
}

pub(super) fn flat_lines(account: &Account, invoices: &[Invoice]) -> Table {
    let row = |(invoice, line): (&Invoice, &Line)| {
        vec![
            ("id", line.id.as_str().into()),
            ("invoice_id", invoice.id.as_str().into()),
            ("credit_grant_id", optional(grant_and_commit(line).0)),
            ("credit_type_id", account.credit_type(line.unit.unwrap_or(invoice.currency)).into()),
            ("credit_type_name", line.unit.unwrap_or(invoice.currency).credit_type_name().into()),
            ("name", line.name.as_str().into()),
            ("quantity", quantity(line.quantity)),
            ("total", amount(line.total)),
            ("commit_id", Cell::Empty),
            ("product_id", line.product.as_str().into()),
            ("group_value", Cell::Empty),
            ("updated_at", Cell::Time(before_the_change(invoice).updated_at)),
        ]
    };
    Table::new("line_item", lines_of(invoices, |invoice| invoice.plan.is_some()).into_iter().map(row).collect())
}

pub(super) fn transferred_lines(account: &Account, invoices: &[Invoice]) -> Table {
    let row = |(invoice, line): (&Invoice, &Line)| {
        vec![
            ("id", line.id.as_str().into()),
            ("environment_type", ENVIRONMENT.into()),
            ("invoice_id", invoice.id.as_str().into()),
            ("credit_grant_id", optional(grant_and_commit(line).0)),
            ("credit_type_id", account.credit_type(line.unit.unwrap_or(invoice.currency)).into()),
            ("credit_type_name", line.unit.unwrap_or(invoice.currency).credit_type_name().into()),
            ("name", line.name.as_str().into()),
            ("quantity", quantity(line.quantity)),
            ("total", amount(line.total)),
            ("commit_id", optional(grant_and_commit(line).1)),
            ("product_id", line.product.as_str().into()),
            ("group_key", Cell::Empty),
            ("group_value", Cell::Empty),
            ("unit_price", optional(line.unit_price.map(|price| plain(price.0, Price::SCALE)))),
            ("pricing_group_values", Cell::Empty),
            ("metadata", "{}".into()),
            ("subscription_id", optional(subscription(line))),
            ("is_prorated", "false".into()),
            ("starting_at", if invoice.kind.has_period() { Cell::Time(invoice.period.start) } else { Cell::Empty }),
            ("ending_before", if invoice.kind.has_period() { Cell::Time(invoice.period.end) } else { Cell::Empty }),
            ("updated_at", Cell::Time(invoice.updated_at)),
        ]
    };
    Table::new("line_item", lines_of(invoices, |_| true).into_iter().map(row).collect())
}

pub(super) fn sub_lines(account: &Account, invoices: &[Invoice]) -> Table {
    let mut subs: Vec<_> = lines_of(invoices, |_| true)
        .into_iter()
        .flat_map(|(invoice, line)| line.sub_lines.iter().map(move |sub_line| (invoice, line, sub_line)))
        .collect();
    subs.sort_by(|one, other| one.2.id.cmp(&other.2.id));
    let row = |(invoice, line, sub_line): (&Invoice, &Line, &SubLine)| {
        let name = account.metrics[sub_line.metric].name.as_str();
        vec![
            ("id", sub_line.id.as_str().into()),
            ("line_item_id", line.id.as_str().into()),
            ("name", name.into()),
            ("quantity", quantity(sub_line.quantity)),
            ("subtotal", amount(sub_line.subtotal())),
            ("charge_id", sub_line.charge.as_str().into()),
            ("billable_metric_id", account.id("metric", &[sub_line.metric as u64]).into()),
            ("billable_metric_name", name.into()),
            ("tiers", "[{}]".into()),
            ("updated_at", Cell::Time(before_the_change(invoice).updated_at)),
        ]
    };
    Table::new("sub_line_item", subs.into_iter().map(row).collect())
}

/// The invoices that are open as of a day, with the usage up to it.
pub(super) fn open_invoices(account: &Account, day: Millis) -> Vec<Invoice> {
    (0..account.customers.len())
        .flat_map(|place| account.books(place, day).invoices)
        .filter(|invoice| invoice.status == Status::Draft)
        .collect()
}

/// Whether a draft has not been computed, which is not a zero: one of the sample.
fn is_incomplete(account: &Account, invoice: &Invoice) -> bool {
    account.scale == Scale::Sample && invoice.customer == 4
}

/// The row id of a draft in the frame of a day.
fn draft_row_id(account: &Account, invoice: &Invoice, day: Millis) -> String {
    match invoice.kind {
        // A customer has several drafts in the live account only; the first keeps its name there too.
        Kind::Plan | Kind::Usage => account.id("draft", &[invoice.customer as u64, day as u64]),
        _ => account.id(&invoice.id, &[day as u64]),
    }
}

/// Open invoices in the frame of a day.
pub(super) fn drafts(account: &Account, open: &[Invoice], day: Millis) -> Table {
    let row = |invoice: &Invoice| {
        let (place, period) = (invoice.customer, invoice.period);
        let dated = |at| if invoice.kind.has_period() { Cell::Time(at) } else { Cell::Empty };
        let incomplete = is_incomplete(account, invoice);
        vec![
            ("_metronome_metadata_id", draft_row_id(account, invoice, day).into()),
            ("id", invoice.id.as_str().into()),
            ("environment_type", ENVIRONMENT.into()),
            ("snapshot_time", Cell::Time(day)),
            ("status", if incomplete { "DRAFT_INCOMPLETE".into() } else { "DRAFT".into() }),
            ("total", if incomplete { Cell::Empty } else { amount(invoice.total()) }),
            ("credit_type_id", account.credit_type(invoice.currency).into()),
            ("credit_type_name", invoice.currency.credit_type_name().into()),
            ("customer_id", account.customers[place].id.as_str().into()),
            ("plan_id", optional(invoice.plan.map(|plan| plan_id(account, plan)))),
            ("plan_name", optional(invoice.plan.map(|plan| PLANS[plan].name.into()))),
            ("contract_id", optional(invoice.contract.clone())),
            ("billable_status", "BILLABLE".into()),
            ("billing_provider_invoice_id", Cell::Empty),
            ("billing_provider_invoice_created_at", Cell::Empty),
            ("label", label(invoice.kind).into()),
            ("start_timestamp", dated(period.start)),
            ("end_timestamp", dated(period.end)),
            ("updated_at", Cell::Time(day + 3 * HOUR)),
        ]
    };
    Table::new("draft_invoice", open.iter().map(row).collect())
}

/// The lines of open invoices in the frame of a day; none of one that has not been computed.
pub(super) fn draft_lines(account: &Account, open: &[Invoice], day: Millis) -> Table {
    let row = |(invoice, line): (&Invoice, &Line)| {
        let dated = |at| if invoice.kind.has_period() { Cell::Time(at) } else { Cell::Empty };
        let (grant, commit) = grant_and_commit(line);
        let unit = line.unit.unwrap_or(invoice.currency);
        vec![
            ("_metronome_metadata_id", account.id(&line.id, &[day as u64]).into()),
            ("id", line.id.as_str().into()),
            ("environment_type", ENVIRONMENT.into()),
            ("snapshot_time", Cell::Time(day)),
            ("invoice_id", invoice.id.as_str().into()),
            ("credit_grant_id", optional(grant)),
            ("credit_type_id", account.credit_type(unit).into()),
            ("credit_type_name", unit.credit_type_name().into()),
            ("name", line.name.as_str().into()),
            ("quantity", quantity(line.quantity)),
            ("total", amount(line.total)),
            ("commit_id", optional(commit)),
            ("product_id", line.product.as_str().into()),
            ("group_key", Cell::Empty),
            ("group_value", Cell::Empty),
            ("unit_price", optional(line.unit_price.map(|price| plain(price.0, Price::SCALE)))),
            ("pricing_group_values", Cell::Empty),
            ("subscription_id", optional(subscription(line))),
            ("is_prorated", "false".into()),
            ("metadata", "{}".into()),
            ("starting_at", dated(invoice.period.start)),
            ("ending_before", dated(invoice.period.end)),
            ("updated_at", Cell::Time(day + 3 * HOUR)),
        ]
    };
    let lines = lines_of(open, |invoice| !is_incomplete(account, invoice));
    Table::new("draft_line_item", lines.into_iter().map(row).collect())
}
