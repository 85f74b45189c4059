//! Invoices, lines and sub lines in both dialects, and drafts. Columns of transfers as in the vendor's database reference,
//! those of flat files as in the header lines of a public sample of a Plans account.

use super::csv::{Cell, ENVIRONMENT, Row, Table, amount, optional, quantity};
use super::offer::plan_id;
use crate::account::Account;
use crate::calendar::{HOUR, Millis};
use crate::decimal::{Price, plain};
use crate::invoice::{Invoice, Line, Status, SubLine};
use crate::price_list::PLANS;
use crate::usage::Usage;

/// An invoice as it was before it was withdrawn.
pub(super) fn before_the_change(invoice: &Invoice) -> Invoice {
    match invoice.status {
        Status::Finalized => invoice.clone(),
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
    let contract = invoice.plan.is_none().then(|| account.id("contract", &[invoice.customer as u64]));
    let provided = !paid.is_empty();
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
        ("billing_provider_invoice_id", when_provided("in_0000000001")),
        ("billing_provider_type", when_provided("stripe")),
        (
            "billing_provider_invoice_created_at",
            if provided { Cell::Time(invoice.issued_at + 6 * HOUR) } else { Cell::Empty },
        ),
        ("billing_provider_invoice_external_status", when_provided(paid)),
        ("invoice_label", if contract.is_some() { "CONTRACT_USAGE".into() } else { "PLAN_ARREARS".into() }),
        ("metadata", "{\"corrections\":{}}".into()),
        ("start_timestamp", Cell::Time(invoice.period.start)),
        ("end_timestamp", Cell::Time(invoice.period.end)),
        ("issued_at", Cell::Time(invoice.issued_at)),
        ("updated_at", Cell::Time(invoice.updated_at)),
    ]
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
            ("credit_grant_id", Cell::Empty),
            ("credit_type_id", account.credit_type(invoice.currency).into()),
            ("credit_type_name", invoice.currency.credit_type_name().into()),
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
            ("credit_grant_id", Cell::Empty),
            ("credit_type_id", account.credit_type(invoice.currency).into()),
            ("credit_type_name", invoice.currency.credit_type_name().into()),
            ("name", line.name.as_str().into()),
            ("quantity", quantity(line.quantity)),
            ("total", amount(line.total)),
            ("commit_id", optional(line.commit.clone())),
            ("product_id", line.product.as_str().into()),
            ("group_key", Cell::Empty),
            ("group_value", Cell::Empty),
            ("unit_price", optional(line.unit_price.map(|price| plain(price.0, Price::SCALE)))),
            ("pricing_group_values", Cell::Empty),
            ("metadata", "{}".into()),
            ("subscription_id", Cell::Empty),
            ("is_prorated", "false".into()),
            ("starting_at", Cell::Time(invoice.period.start)),
            ("ending_before", Cell::Time(invoice.period.end)),
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

/// The open April invoices as of a day: the usage up to it. One of them has not been computed, which is not a zero.
pub(super) fn drafts(account: &Account, day: Millis) -> Table {
    let usage = Usage::tally(account, day);
    let row = |place: usize| {
        let period = account.period(place, 2)?;
        let invoice = account.invoice(&usage, place, 2, period);
        let incomplete = place == 4;
        Some(vec![
            ("_metronome_metadata_id", account.id("draft", &[place as u64, day as u64]).into()),
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
            ("contract_id", optional(invoice.plan.is_none().then(|| account.id("contract", &[place as u64])))),
            ("billable_status", "BILLABLE".into()),
            ("billing_provider_invoice_id", Cell::Empty),
            ("billing_provider_invoice_created_at", Cell::Empty),
            ("label", if invoice.plan.is_some() { "PLAN_ARREARS".into() } else { "CONTRACT_USAGE".into() }),
            ("start_timestamp", Cell::Time(period.start)),
            ("end_timestamp", Cell::Time(period.end)),
            ("updated_at", Cell::Time(day + 3 * HOUR)),
        ])
    };
    Table::new("draft_invoice", (0..account.customers.len()).filter_map(row).collect())
}
