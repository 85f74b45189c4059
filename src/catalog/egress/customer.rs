//! Who is billed. Events may name a customer by an alias, so joins to them go through `ingest_aliases` too.

use super::column;
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

pub(crate) const TABLE: Table = Table {
    name: "customer",
    doc: "A customer, archived ones included.",
    origin: Origin::Egress,
    key: &["id"],
    newest_by: &["updated_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Customer id."),
        column::ENVIRONMENT_TYPE,
        Column::new("name", Kind::Text, "Name of the customer."),
        Column::new("ingest_aliases", Kind::Json, "Other ids that events may use for the customer, as an array."),
        Column::new("salesforce_account_id", Kind::Id, "Account in Salesforce, where linked."),
        Column::new("billing_provider_type", Kind::Text, "Provider that collects payment, e.g. stripe."),
        Column::new("billing_provider_customer_id", Kind::Id, "Customer's id at that provider."),
        column::CUSTOM_FIELDS,
        column::CREATED_AT,
        column::UPDATED_AT,
        column::ARCHIVED_AT,
    ],
};
