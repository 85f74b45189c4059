//! Which custom fields objects may have.

use crate::catalog::endpoint::{Endpoint, Method, Paging};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint {
    name: "custom_field_keys",
    method: Method::Post,
    path: "/v1/customFields/listKeys",
    paging: Paging::Query { limit: None },
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "custom_field_keys",
    doc: "A custom field that objects of one kind may have; active ones only.",
    origin: Origin::Api(&ENDPOINT),
    key: &["entity", "key"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("entity", Kind::Text, "Kind of object, e.g. customer.").required(),
        Column::new("key", Kind::Text, "Name of the field.").required(),
        Column::new("enforce_uniqueness", Kind::Boolean, "Whether no two objects may have the same value."),
    ],
};
