//! Pricing model before contracts: what was drawn from a grant by invoices that are final.

use super::{column, credit_grants};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "credit_grant_deductions",
    doc: "A deduction from a credit grant of the older pricing model.",
    origin: Origin::Nested { of: &credit_grants::TABLE, rows: "deductions" },
    key: &["grant_id", "deduction_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: COLUMNS,
};

/// Those of pending deductions too. Amounts are positive where they lessen a grant, unlike in ledgers of balances.
pub(super) const COLUMNS: &[Column] =
    &column::joined::<{ OF_GRANT.len() + column::LEGACY_ENTRY.len() }>(OF_GRANT, column::LEGACY_ENTRY);

const OF_GRANT: &[Column] = &[
    Column::new("grant_id", Kind::Id, "Grant it is listed under; an id of credit_grants.").found(Found::InParent("id")),
    Column::new("deduction_number", Kind::Integer, "Place in the list, from 0.").found(Found::Ordinal),
    column::PARENT_CUSTOMER_ID,
    Column::new("credit_type_id", Kind::Id, "Credit type of the amounts: the one granted.")
        .found(Found::InParent("grant_amount_credit_type_id")),
];
