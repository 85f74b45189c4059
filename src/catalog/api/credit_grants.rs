//! Pricing model before contracts: credit given or sold. Voided grants are not listed, so they go.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

const ENDPOINT: Endpoint =
    Endpoint { name: "credit_grants", method: Method::Post, path: "/v1/credits/listGrants", ..Endpoint::NEW };

pub(crate) const TABLE: Table = Table {
    name: "credit_grants",
    doc: "A credit grant of the older pricing model that is not void.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        Column::new("name", Kind::Text, "Name of the grant."),
        column::CUSTOMER_ID,
        Column::new("invoice_id", Kind::Id, "Invoice it was sold on, if any."),
        column::UNIQUENESS_KEY,
        Column::new("reason", Kind::Text, "Why it was given."),
        Column::new("credit_grant_type", Kind::Text, "Kind of grant, in the account's own words."),
        Column::new("effective_at", Kind::Timestamp, "When it may first be used.").required(),
        Column::new("expires_at", Kind::Timestamp, "When what is left expires.").required(),
        Column::new("priority", Kind::Decimal, "Order of use among grants: lower is drawn first."),
        Column::new("grant_amount", Kind::Decimal, "Usable, in the credit type granted.")
            .at("grant_amount.amount")
            .unit(Unit::CreditType)
            .required(),
        Column::new("grant_amount_credit_type_id", Kind::Id, "Credit type granted.")
            .at("grant_amount.credit_type.id")
            .required(),
        Column::new(
            "grant_amount_credit_type_name",
            Kind::Text,
            "Its name; amounts are cents where it says USD (cents).",
        )
        .at("grant_amount.credit_type.name")
        .required(),
        Column::new("paid_amount", Kind::Decimal, "Price paid, in the credit type paid.")
            .at("paid_amount.amount")
            .unit(Unit::CreditType)
            .required(),
        Column::new("paid_amount_credit_type_id", Kind::Id, "Credit type paid; may differ from the one granted.")
            .at("paid_amount.credit_type.id")
            .required(),
        Column::new(
            "paid_amount_credit_type_name",
            Kind::Text,
            "Its name; amounts are cents where it says USD (cents).",
        )
        .at("paid_amount.credit_type.name")
        .required(),
        Column::new(
            "balance_excluding_pending",
            Kind::Decimal,
            "Left, drafts not counted, in the credit type granted.",
        )
        .at("balance.excluding_pending")
        .unit(Unit::CreditType),
        Column::new("balance_including_pending", Kind::Decimal, "Left, drafts counted, in the credit type granted.")
            .at("balance.including_pending")
            .unit(Unit::CreditType),
        Column::new("balance_effective_at", Kind::Timestamp, "When that was so.").at("balance.effective_at"),
        Column::new("products", Kind::Json, "Products it may pay for, an array; null: any."),
        column::CUSTOM_FIELDS,
    ],
};
