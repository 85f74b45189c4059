//! Lines of invoices. They have no id: the invoice and the place in it tell them apart.
//!
//! In a draft the place of a line may move from one read to the next, so lines of two reads are never compared.

use super::{column, invoices};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "invoice_line_items",
    doc: "A line of an invoice.",
    origin: Origin::Nested { of: &invoices::TABLE, rows: "line_items" },
    key: &["invoice_id", "line_number"],
    newest_by: &["_transferred_at"],
    class: Class::WhileShown { column: "invoice_status", value: "DRAFT" },
    partition: Partition::Month("invoice_issued_at"),
    columns: &column::joined::<{ OF_INVOICE.len() + COLUMNS.len() }>(OF_INVOICE, COLUMNS),
};

const OF_INVOICE: &[Column] = &[
    Column::new("invoice_id", Kind::Id, "Invoice it is on.").found(Found::InParent("id")),
    Column::new("line_number", Kind::Integer, "Place in the invoice, from 0.").found(Found::Ordinal),
    Column::new("customer_id", Kind::Id, "Customer billed.").found(Found::InParent("customer_id")),
    Column::new("invoice_status", Kind::Text, "DRAFT, FINALIZED or VOID.").found(Found::InParent("status")),
    Column::new("invoice_issued_at", Kind::Timestamp, "When the invoice was or will be issued.")
        .found(Found::InParent("issued_at")),
];

/// What the line itself says: those of a line of a breakdown too.
pub(super) const COLUMNS: &[Column] = &[
    Column::new("name", Kind::Text, "Text shown on the line."),
    Column::new("quantity", Kind::Decimal, "Units billed.").unit(Unit::Quantity),
    Column::new("quantity_consumed", Kind::Decimal, "Units used of a balance that counts units; newer accounts only.")
        .unit(Unit::Quantity),
    Column::new("total", Kind::Decimal, "Amount in the credit type of the line; negative where a balance pays.")
        .unit(Unit::CreditType)
        .required(),
    Column::new("unit_price", Kind::Decimal, "Price of one unit, in the credit type of the line.")
        .unit(Unit::CreditType),
    Column::new("list_price", Kind::Json, "List rate of the line, an object, where the endpoint was asked for it."),
    Column::new("product_id", Kind::Id, "Product billed."),
    Column::new("product_custom_fields", Kind::Object, "Custom fields of that product, name to value."),
    Column::new("product_tags", Kind::Json, "Tags of that product as they are now, an array."),
    Column::new("product_type", Kind::Text, "Type of that product, e.g. UsageProductListItem."),
    Column::new(
        "type",
        Kind::Text,
        "scheduled, commit_purchase, usage, subscription, applied_commit_or_credit or cpu_conversion; others may come.",
    )
    .required(),
    Column::new("netsuite_item_id", Kind::Id, "Its item at NetSuite."),
    Column::new("is_prorated", Kind::Boolean, "Whether the line covers only part of its period."),
    Column::new("credit_type_id", Kind::Id, "Credit type of the line; may be another than the invoice's.")
        .at("credit_type.id")
        .required(),
    column::CREDIT_TYPE_NAME.required(),
    Column::new("starting_at", Kind::Timestamp, "Start of the line's service period, inclusive."),
    Column::new("ending_before", Kind::Timestamp, "End of the line's service period, exclusive."),
    Column::new("commit_id", Kind::Id, "Commit or credit that pays the line, or that the line is the price of."),
    Column::new("applied_commit_or_credit_id", Kind::Id, "Commit or credit that is applied.")
        .at("applied_commit_or_credit.id"),
    Column::new(
        "applied_commit_or_credit_type",
        Kind::Text,
        "PREPAID, POSTPAID or CREDIT; the total of POSTPAID informs only.",
    )
    .at("applied_commit_or_credit.type"),
    Column::new("applied_commit_or_credit_access_type", Kind::Text, "SPEND, or QUANTITY where it counts units.")
        .at("applied_commit_or_credit.access_type"),
    Column::new("commit_custom_fields", Kind::Object, "Custom fields of that commit, name to value."),
    Column::new("commit_segment_id", Kind::Id, "Segment of its access schedule that is drawn."),
    Column::new("commit_type", Kind::Text, "PrepaidCommit, which credits say too, or PostpaidCommit."),
    Column::new("commit_netsuite_sales_order_id", Kind::Id, "Sales order of that commit at NetSuite."),
    Column::new("commit_netsuite_item_id", Kind::Id, "Item of that commit at NetSuite."),
    Column::new("postpaid_commit_id", Kind::Id, "Postpaid commit that the line trues up.").at("postpaid_commit.id"),
    Column::new("reseller_type", Kind::Text, "AWS, AWS_PRO_SERVICE, GCP or GCP_PRO_SERVICE."),
    Column::new("custom_fields", Kind::Object, "Custom fields of the line, name to value."),
    column::PRICING_GROUP_VALUES,
    Column::new(
        "presentation_group_values",
        Kind::Object,
        "Event property values lines are split by for display only.",
    ),
    Column::new("group_key", Kind::Text, "Event property the line is grouped by; older pricing model."),
    Column::new("group_value", Kind::Text, "Value of that property."),
    Column::new("metadata", Kind::Text, "Details, a text without a documented form."),
    Column::new("netsuite_invoice_billing_start", Kind::Timestamp, "Start of the billing period for NetSuite."),
    Column::new("netsuite_invoice_billing_end", Kind::Timestamp, "End of the billing period for NetSuite."),
    Column::new("professional_service_id", Kind::Id, "Professional service billed."),
    Column::new("professional_service_custom_fields", Kind::Object, "Custom fields of that service, name to value."),
    Column::new("scheduled_charge_id", Kind::Id, "Scheduled charge billed; an id of contract_scheduled_charges."),
    Column::new("scheduled_charge_custom_fields", Kind::Object, "Custom fields of that charge, name to value."),
    Column::new("subscription_id", Kind::Id, "Subscription billed; an id of contract_subscriptions."),
    Column::new("subscription_custom_fields", Kind::Object, "Custom fields of that subscription, name to value."),
    Column::new("tier_level", Kind::Integer, "Number of the price tier.").at("tier.level"),
    Column::new("tier_starting_at", Kind::Decimal, "Units at which that tier begins.")
        .at("tier.starting_at")
        .unit(Unit::Quantity),
    Column::new("tier_size", Kind::Decimal, "Units that tier holds; null for the last.")
        .at("tier.size")
        .unit(Unit::Quantity),
    Column::new("discount_id", Kind::Id, "Discount applied."),
    Column::new("discount_custom_fields", Kind::Object, "Custom fields of that discount, name to value."),
    Column::new("origin_line_item_id", Kind::Id, "Line it copies, on consolidated invoices.").at("origin.line_item_id"),
    Column::new("origin_invoice_id", Kind::Id, "Invoice of that line.").at("origin.invoice_id"),
    Column::new("origin_customer_id", Kind::Id, "Customer of that line.").at("origin.customer_id"),
    Column::new("origin_contract_id", Kind::Id, "Contract of that line.").at("origin.contract_id"),
];
