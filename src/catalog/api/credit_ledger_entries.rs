//! Pricing model before contracts: movements of a customer's credit. Those of voided grants are not listed.

use super::{column, credit_ledgers};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "credit_ledger_entries",
    doc: "A movement of a customer's credit, of the older pricing model.",
    origin: Origin::Nested { of: &credit_ledgers::TABLE, rows: "entries" },
    key: &["customer_id", "ledger_number", "entry_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: COLUMNS,
};

/// Those of pending entries too.
pub(super) const COLUMNS: &[Column] =
    &column::joined::<{ OF_LEDGER.len() + column::LEGACY_ENTRY.len() }>(OF_LEDGER, column::LEGACY_ENTRY);

const OF_LEDGER: &[Column] = &[
    column::PARENT_CUSTOMER_ID,
    Column::new("ledger_number", Kind::Integer, "Ledger of that customer.").found(Found::InParent("ledger_number")),
    Column::new("entry_number", Kind::Integer, "Place in the ledger, from 0.").found(Found::Ordinal),
    column::PARENT_CREDIT_TYPE_ID,
];
