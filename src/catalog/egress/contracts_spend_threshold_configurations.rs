//! Billing before the period ends, once spend has reached an amount. The rows do not say which credit type is meant.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "contracts_spend_threshold_configurations",
    doc: "A contract's spend threshold settings as they stood at one snapshot.",
    origin: Origin::Egress,
    key: &["id", "snapshot_id"],
    newest_by: &["updated_at"],
    class: Class::Snapshot { column: "snapshot_id" },
    partition: Partition::Flat,
    columns: &[
        column::THRESHOLD_CONTRACT_ID,
        column::ENVIRONMENT_TYPE,
        column::SNAPSHOT_ID,
        column::CONTRACT_ID,
        column::ENABLED,
        Column::new("threshold_amount", Kind::Decimal, "Spend at which it charges.").unit(Unit::CreditType),
        column::COMMIT_NAME,
        column::COMMIT_DESCRIPTION,
        column::COMMIT_PRODUCT_ID,
        column::PAYMENT_GATE_TYPE,
        column::TAX_TYPE,
        column::STRIPE_PAYMENT_TYPE,
        column::METADATA,
        column::EXPORTED_AT,
    ],
};
