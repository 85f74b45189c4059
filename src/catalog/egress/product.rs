//! Pricing model before contracts: the products of plans. Contracts' are in `contracts_product_list_item_versions`.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "product",
    doc: "A product of the older pricing model.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Product id, as product_id of lines has it."),
        Column::new("name", Kind::Text, "Name of the product."),
        column::DESCRIPTION,
        column::CUSTOM_FIELDS,
        column::CREATED_AT,
        column::ENVIRONMENT_TYPE,
        column::DEPRECATED_AT,
        column::UPDATED_AT,
    ],
};
