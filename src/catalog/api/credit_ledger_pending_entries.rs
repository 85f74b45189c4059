//! Pricing model before contracts: movements of a customer's credit that drafts would cause.

use super::{credit_ledger_entries, credit_ledgers};
use crate::catalog::{Class, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "credit_ledger_pending_entries",
    doc: "A movement of a customer's credit by a draft, of the older pricing model.",
    origin: Origin::Nested { of: &credit_ledgers::TABLE, rows: "pending_entries" },
    key: &["customer_id", "ledger_number", "entry_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: credit_ledger_entries::COLUMNS,
};
