//! The invoice object and its lines. Lines have no id here: the API gives them none.

use super::json::{Json, Object, list, offset, zulu};
use super::units::credit_type;
use crate::account::Account;
use crate::decimal::Quantity;
use crate::invoice::{Invoice, Kind, Line, LineKind};
use crate::price_list::PLANS;
use crate::terms::FIXED_PRODUCTS;

/// The `type` of an invoice.
pub fn type_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Plan => "PLAN_ARREARS",
        Kind::Usage | Kind::Correction => "USAGE",
        Kind::Scheduled | Kind::Trueup => "SCHEDULED",
        Kind::Consolidated => "USAGE_CONSOLIDATED",
    }
}

/// An invoice's object; a window, if it is a part of a breakdown.
pub fn invoice(account: &Account, invoice: &Invoice, skip_zero: bool) -> Object {
    let period = invoice.kind.has_period().then_some(invoice.period);
    let external = match &invoice.external {
        Some(external) => Some(
            Object::new()
                .set("billing_provider_type", "stripe")
                .set("invoice_id", &external.id)
                .set("issued_at_timestamp", zulu(external.created_at))
                .set("external_status", external.status)
                .into(),
        ),
        // Sometimes null is said outright, and sometimes nothing is said.
        None => invoice.customer.is_multiple_of(2).then_some(Json::Null),
    };
    let correction = invoice.corrects.as_ref().map(|of| {
        Object::new().set("reason", "metering error").set("memo", "hours counted twice").set("corrected_invoice_id", of)
    });
    let payer = invoice.payer.as_ref().map(|(customer, contract)| {
        Object::new().set("contract_id", contract).set("customer_id", &account.customers[*customer].id)
    });
    let constituents = (invoice.kind == Kind::Consolidated).then(|| {
        list(&invoice.constituents, |(customer, contract, id)| {
            Object::new()
                .set("contract_id", contract)
                .set("invoice_id", id)
                .set("customer_id", &account.customers[*customer].id)
        })
    });
    let grants: Vec<&Line> = invoice.lines.iter().filter(|line| line.kind == LineKind::Grant).collect();
    let adjustments = list(&grants, |line| {
        Object::new()
            .set("name", &line.name)
            .set("total", line.total)
            .set("credit_type", credit_type(account, invoice.currency))
            .set("credit_grant_id", line.commit.clone())
    });
    let shown = |line: &&Line| line.kind != LineKind::Grant && !(skip_zero && line.quantity == Quantity::default());
    Object::new()
        .set("id", &invoice.id)
        .set("customer_id", &account.customers[invoice.customer].id)
        .some("net_payment_terms_days", invoice.contract.is_some().then_some(30_i64))
        .set("credit_type", credit_type(account, invoice.currency))
        .set("line_items", list(invoice.lines.iter().filter(shown), |line| self::line(account, invoice, line)))
        .some("start_timestamp", period.map(|period| offset(period.start)))
        .some("end_timestamp", period.map(|period| offset(period.end)))
        .set("issued_at", offset(invoice.issued_at))
        .some("created_at", (invoice.kind == Kind::Correction).then(|| offset(invoice.issued_at)))
        .set("status", invoice.status.text())
        .some("subtotal", invoice.plan.map(|_| invoice.subtotal()))
        .set("total", invoice.total())
        .set("type", type_text(invoice.kind))
        .some("external_invoice", external)
        .some("contract_id", invoice.contract.as_ref())
        .some("contract_custom_fields", invoice.contract.as_ref().map(|_| Object::new()))
        .some("plan_id", invoice.plan.map(|plan| account.id("plan", &[plan as u64])))
        .some("plan_name", invoice.plan.map(|plan| PLANS[plan].name))
        .some("plan_custom_fields", invoice.plan.map(|_| Object::new()))
        .some("invoice_adjustments", invoice.plan.map(|_| adjustments))
        .set("customer_custom_fields", Object::new())
        .set("custom_fields", Object::new())
        .set("billable_status", "billable")
        .some("correction_record", correction)
        .some("payer", payer)
        .some("constituent_invoices", constituents)
        .some("regenerated_from_invoice_id", invoice.regenerated_from.as_ref())
}

fn line_type(kind: LineKind) -> &'static str {
    match kind {
        LineKind::Usage => "usage",
        LineKind::Subscription => "subscription",
        LineKind::Applied(_) | LineKind::Counted | LineKind::Grant => "applied_commit_or_credit",
        LineKind::Conversion => "cpu_conversion",
        LineKind::Fee => "scheduled",
        LineKind::Purchase => "commit_purchase",
    }
}

fn product_type(account: &Account, line: &Line) -> Option<&'static str> {
    match line.kind {
        LineKind::Subscription => Some("SubscriptionProductListItem"),
        LineKind::Fee | LineKind::Purchase => Some("FixedProductListItem"),
        LineKind::Conversion | LineKind::Grant => None,
        _ if (0..FIXED_PRODUCTS.len()).any(|product| account.fixed_product(product) == line.product) => {
            Some("FixedProductListItem")
        }
        _ => Some("UsageProductListItem"),
    }
}

/// A line's object.
pub fn line(account: &Account, invoice: &Invoice, line: &Line) -> Json {
    let on_contract = invoice.contract.is_some();
    let dated = on_contract && invoice.kind.has_period();
    let applied = match line.kind {
        LineKind::Applied(kind) => Some(kind.text()),
        LineKind::Counted => Some("POSTPAID"),
        _ => None,
    };
    let applied_to = applied.map(|kind| Object::new().set("id", line.commit.clone()).set("type", kind));
    let commit_type = match (applied, line.kind) {
        (Some("POSTPAID"), _) => Some("PostpaidCommit"),
        (Some(_), _) => Some("PrepaidCommit"),
        (None, LineKind::Purchase) if invoice.kind == Kind::Trueup => Some("PostpaidCommit"),
        (None, LineKind::Purchase) => Some("PrepaidCommit"),
        _ => None,
    };
    let trueup = (invoice.kind == Kind::Trueup).then(|| Object::new().set("id", line.commit.clone()));
    let origin = line.origin.as_ref().map(|(customer, contract, from)| {
        Object::new()
            .set("line_item_id", account.id(&line.id, &[1]))
            .set("invoice_id", from)
            .set("customer_id", &account.customers[*customer].id)
            .set("contract_id", contract)
    });
    let sub_lines = invoice.plan.map(|_| {
        list(&line.sub_lines, |sub| {
            Object::new()
                .set("name", &account.metrics[sub.metric].name)
                .set("quantity", sub.quantity)
                .set("price", sub.price)
                .set("subtotal", sub.subtotal())
                .set("charge_id", &sub.charge)
                .set("start_date", zulu(invoice.period.start))
                .set("end_date", zulu(invoice.period.end))
                .set("custom_fields", Object::new())
        })
    });
    let product = (!line.product.is_empty()).then_some(&line.product);
    // A usage line that a commit covers wholly names it as well; other lines only where they are about it.
    let (charge, subscription) = match line.kind {
        LineKind::Fee => (line.source.as_ref(), None),
        LineKind::Subscription => (None, line.source.as_ref()),
        _ => (None, None),
    };
    Object::new()
        .set("name", &line.name)
        .set("quantity", line.quantity)
        .set("total", line.total)
        .some("unit_price", line.unit_price)
        .some("product_id", product)
        .some("product_type", on_contract.then(|| product_type(account, line)).flatten())
        .some("product_tags", (on_contract && product.is_some()).then(|| list(["infrastructure"], |tag| tag)))
        .set("type", line_type(line.kind))
        .set("credit_type", credit_type(account, line.unit.unwrap_or(invoice.currency)))
        .some("starting_at", dated.then(|| offset(invoice.period.start)))
        .some("ending_before", dated.then(|| offset(invoice.period.end)))
        .some("is_prorated", (line.kind == LineKind::Subscription).then_some(false))
        .some("commit_id", line.commit.as_ref())
        .some("commit_segment_id", line.segment.as_ref())
        .some("commit_type", commit_type)
        .some("applied_commit_or_credit", applied_to)
        .some("postpaid_commit", trueup)
        .some("scheduled_charge_id", charge)
        .some("subscription_id", subscription)
        .some("origin", origin)
        .some("sub_line_items", sub_lines)
        .some("metadata", (line.kind == LineKind::Usage && on_contract).then_some("{}"))
        .into()
}
