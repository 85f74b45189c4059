//! Pricing model before contracts: the charges of a plan. Older files say `name` where others say `charge_name`.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

pub(crate) const TABLE: Table = Table {
    name: "plan_charge",
    doc: "A charge of a plan of the older pricing model.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Row id."),
        Column::new("charge_id", Kind::Id, "Charge id, as sub_line_item has it."),
        Column::new("name", Kind::Text, "Name of the charge; other versions call it charge_name."),
        Column::new("charge_name", Kind::Text, "Name of the charge; other versions call it name."),
        Column::new("plan_id", Kind::Id, "Plan it is on."),
        Column::new("product_id", Kind::Id, "Product billed."),
        Column::new("product_name", Kind::Text, "Name of that product."),
        column::BILLABLE_METRIC_ID,
        column::BILLABLE_METRIC_NAME,
        Column::new("start_period", Kind::Integer, "Billing periods before the charge applies; 0 is at once."),
        Column::new("credit_type_id", Kind::Id, "Credit type the prices are counted in."),
        Column::new("credit_type_name", Kind::Text, "Its name; prices are cents where it says USD (cents)."),
        Column::new("charge_type", Kind::Text, "Type of the charge, e.g. usage."),
        Column::new("quantity", Kind::Decimal, "Units billed where fixed; null for usage.").unit(Unit::Quantity),
        Column::new("prices", Kind::Json, "Prices, in the credit type beside them."),
        column::ENVIRONMENT_TYPE,
        column::CUSTOM_FIELDS,
        column::UPDATED_AT,
    ],
};
