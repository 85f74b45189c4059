//! Who did what. The one list that continues where it was left: its cursor never ends.

use super::column;
use crate::catalog::endpoint::{Endpoint, Paging, Read, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint {
    name: "audit_log",
    path: "/v1/auditLogs",
    parameters: &[("sort", Value::Text("date_asc"))],
    paging: Paging::Log { limit: 100 },
    read: Read::Log,
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "audit_log",
    doc: "An entry of the audit log: an action on the account.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Incremental,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        Column::new("timestamp", Kind::Timestamp, "When it happened.").required(),
        Column::new("actor_id", Kind::Id, "Who did it; null where the vendor does not say.").at("actor.id"),
        Column::new("actor_name", Kind::Text, "Name of that person or token.").at("actor.name"),
        Column::new("actor_email", Kind::Text, "Address of that person.").at("actor.email"),
        Column::new("request_id", Kind::Id, "The request.").at("request.id"),
        Column::new("request_ip", Kind::Text, "Address the request came from.").at("request.ip"),
        Column::new("request_user_agent", Kind::Text, "Program the request came from.").at("request.user_agent"),
        Column::new("resource_type", Kind::Text, "Kind of object acted on."),
        Column::new("resource_id", Kind::Id, "That object."),
        Column::new("action", Kind::Text, "What was done; the values are not documented."),
        Column::new("status", Kind::Text, "success, failure or pending."),
        Column::new("description", Kind::Text, "The action in words."),
    ],
};
