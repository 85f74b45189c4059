//! Pricing model before contracts: credit given or sold. It names no environment; its customer does.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "credit_grant",
    doc: "A credit grant of the older pricing model.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Grant id."),
        Column::new("customer_id", Kind::Id, "Customer who may use it."),
        Column::new("name", Kind::Text, "Name of the grant."),
        Column::new("invoice_id", Kind::Id, "Invoice it was sold on, if any."),
        Column::new("priority", Kind::Decimal, "Order of use among grants: lower is drawn first."),
        Column::new("reason", Kind::Text, "Why it was given."),
        Column::new("amount_granted", Kind::Decimal, "Usable, in the credit type granted.").unit(Unit::CreditType),
        Column::new("amount_granted_credit_type_id", Kind::Id, "Credit type granted."),
        Column::new("amount_paid", Kind::Decimal, "Price paid, in the credit type paid.").unit(Unit::CreditType),
        Column::new("amount_paid_credit_type_id", Kind::Id, "Credit type paid; may differ from the one granted."),
        Column::new("product_ids", Kind::Json, "Products it may pay for, as an array of ids."),
        column::CREATED_AT,
        column::UPDATED_AT,
        Column::new("effective_at", Kind::Timestamp, "When it may first be used."),
        Column::new("expires_at", Kind::Timestamp, "When what is left expires."),
        Column::new("voided_at", Kind::Timestamp, "When it was voided; null while valid."),
    ],
};
