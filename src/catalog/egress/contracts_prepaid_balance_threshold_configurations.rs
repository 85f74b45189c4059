//! Automatic recharge: a new prepaid commit once the balance is low. The rows do not say which credit type is meant.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "contracts_prepaid_balance_threshold_configurations",
    doc: "A contract's automatic recharge settings as they stood at one snapshot.",
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
        Column::new("threshold_amount", Kind::Decimal, "Balance at which it recharges.").unit(Unit::CreditType),
        Column::new("recharge_to_amount", Kind::Decimal, "Balance to reach, not to buy.").unit(Unit::CreditType),
        column::COMMIT_NAME,
        column::COMMIT_DESCRIPTION,
        column::COMMIT_PRODUCT_ID,
        Column::new("commit_applicable_product_ids", Kind::Json, "Products those commits may pay for, as ids."),
        Column::new("commit_applicable_product_tags", Kind::Json, "Tags of products those commits may pay for."),
        column::PAYMENT_GATE_TYPE,
        column::TAX_TYPE,
        column::STRIPE_PAYMENT_TYPE,
        column::METADATA,
        column::EXPORTED_AT,
        Column::new("commit_duration_value", Kind::Integer, "How long those commits last, in the unit beside it."),
        Column::new("commit_duration_unit", Kind::Text, "Unit of the duration."),
        Column::new("commit_rollover_fraction", Kind::Decimal, "Share left that rolls over.").unit(Unit::Fraction),
        Column::new("commit_rate_type", Kind::Text, "Whether usage draws them at list or at commit rates."),
    ],
};
