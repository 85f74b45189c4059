//! Movements of commits and credits. They have no id, and two may be equal: their place tells them apart.

use super::{balances, column};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "balance_ledger_entries",
    doc: "A movement of a commit or credit: a grant, a deduction, an expiration, a rollover, a correction.",
    origin: Origin::Nested { of: &balances::TABLE, rows: "ledger" },
    key: &["balance_id", "entry_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("balance_id", Kind::Id, "Commit or credit it moves; an id of balances.")
            .found(Found::InParent("id")),
        Column::new("entry_number", Kind::Integer, "Place in the ledger, from 0.").found(Found::Ordinal),
        column::PARENT_CUSTOMER_ID,
        Column::new("balance_type", Kind::Text, "PREPAID, POSTPAID or CREDIT.").found(Found::InParent("type")),
        Column::new("access_type", Kind::Text, "SPEND, or QUANTITY: then amounts are units and no money.")
            .found(Found::InParent("access_type")),
        Column::new("credit_type_id", Kind::Id, "Credit type the amount is counted in.")
            .found(Found::InParent("access_credit_type_id")),
        Column::new(
            "type",
            Kind::Text,
            "What moved it, e.g. PREPAID_COMMIT_SEGMENT_START; classify by this, not by sign.",
        )
        .required(),
        Column::new("timestamp", Kind::Timestamp, "When it counts; a deduction: the end of the invoice's period.")
            .required(),
        Column::new("amount", Kind::Decimal, "Grants positive, deductions and expirations negative; drafts included.")
            .unit(Unit::CreditType)
            .required(),
        Column::new("segment_id", Kind::Id, "Segment of the access schedule that is moved."),
        Column::new("invoice_id", Kind::Id, "Invoice that caused it; a draft's entry still changes."),
        Column::new("contract_id", Kind::Id, "Contract of that invoice; some accounts only."),
        Column::new("new_contract_id", Kind::Id, "Contract that a rollover went to."),
        Column::new("reason", Kind::Text, "Why somebody entered it by hand."),
    ],
};
