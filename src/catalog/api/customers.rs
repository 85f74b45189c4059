//! Customers, active and archived: nothing else of the API can be listed without their ids.

use super::column;
use crate::catalog::endpoint::{Endpoint, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

/// The default leaves archived customers out, and no parameter lists both: two passes.
const ENDPOINT: Endpoint = Endpoint {
    name: "customers",
    path: "/v1/customers",
    passes: &[&[], &[("only_archived", Value::Flag(true))]],
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "customers",
    doc: "A customer, active or archived.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        Column::new("name", Kind::Text, "Display name.").required(),
        Column::new("external_id", Kind::Id, "First identifier its usage events may carry; deprecated."),
        Column::new("ingest_aliases", Kind::Json, "Every other identifier that its usage events may carry, an array."),
        Column::new("salesforce_account_id", Kind::Id, "Its account at Salesforce.")
            .at("customer_config.salesforce_account_id"),
        column::CUSTOM_FIELDS,
        Column::new("created_at", Kind::Timestamp, "When it was created.").required(),
        Column::new("updated_at", Kind::Timestamp, "When it last changed."),
        Column::new("archived_at", Kind::Timestamp, "When it was archived; null while active."),
        Column::new("billable_status", Kind::Text, "billable or unbillable, where the account shows it.")
            .at("current_billable_status.value"),
        Column::new("billable_status_effective_at", Kind::Timestamp, "Since when that is so.")
            .at("current_billable_status.effective_at"),
    ],
};
