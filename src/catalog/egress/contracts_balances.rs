//! Every commit and credit with its ledger: what deferred revenue is read from.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "contracts_balances",
    doc: "A commit or credit, made on a contract or on a customer, as it stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Id of the commit or credit; commit_id of a line is one of these."),
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        column::CUSTOMER_ID,
        Column::new("contract_id", Kind::Id, "Contract it was made on; probably null where made on the customer."),
        column::AMENDMENT_ID,
        Column::new("type", Kind::Text, "prepaid, postpaid or credit."),
        Column::new("name", Kind::Text, "Name of the commit or credit."),
        column::PRIORITY,
        column::DESCRIPTION,
        Column::new("product_id", Kind::Id, "Product it is invoiced under."),
        column::ACCESS_SCHEDULE,
        column::INVOICE_SCHEDULE,
        column::ROLLOVER_FRACTION,
        column::RATE_TYPE,
        column::APPLICABLE_PRODUCT_IDS,
        column::APPLICABLE_PRODUCT_TAGS,
        column::SPECIFIERS,
        Column::new("applicable_contract_ids", Kind::Json, "Contracts whose usage it may pay for, as an array of ids."),
        Column::new("invoice_contract_id", Kind::Id, "Contract whose invoices charge for it."),
        column::LEDGER,
        column::ROLLED_FROM_COMMIT,
        column::ROLLED_FROM_CONTRACT,
        column::RECURRING_COMMIT_ID,
        column::METADATA,
        column::BALANCE,
        column::COST_BASIS,
        column::EXPORTED_AT,
    ],
};
