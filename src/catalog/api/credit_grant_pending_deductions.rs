//! Pricing model before contracts: what drafts would draw from a grant.

use super::{credit_grant_deductions, credit_grants};
use crate::catalog::{Class, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "credit_grant_pending_deductions",
    doc: "A deduction from a credit grant of the older pricing model by a draft.",
    origin: Origin::Nested { of: &credit_grants::TABLE, rows: "pending_deductions" },
    key: &["grant_id", "deduction_number"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: credit_grant_deductions::COLUMNS,
};
