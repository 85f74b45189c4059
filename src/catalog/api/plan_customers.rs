//! Pricing model before contracts: who is, was or will be on a plan.

use crate::catalog::endpoint::{Endpoint, Per, Value};
use crate::catalog::{Class, Column, Found, Kind, Origin, Partition, Table};

/// The default lists customers that are on the plan now.
const ENDPOINT: Endpoint = Endpoint {
    name: "plan_customers",
    path: "/v1/planDetails/{plan_id}/customers",
    per: &[Per { parameter: "plan_id", endpoint: "plans", field: "id", asked: false }],
    parameters: &[("status", Value::Text("all"))],
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "plan_customers",
    doc: "A customer's time on a plan of the older pricing model, past, present or to come.",
    origin: Origin::Api(&ENDPOINT),
    key: &["plan_id", "customer_plan_id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("plan_id", Kind::Id, "Plan it was asked for.").found(Found::Asked("plan_id")).required(),
        Column::new("customer_plan_id", Kind::Id, "The customer's time on the plan.")
            .at("plan_details.customer_plan_id")
            .required(),
        Column::new("customer_id", Kind::Id, "The customer; an id of customers.").at("customer_details.id").required(),
        Column::new("starting_on", Kind::Timestamp, "From when, inclusive.").at("plan_details.starting_on"),
        Column::new("ending_before", Kind::Timestamp, "Until when, exclusive; null while open-ended.")
            .at("plan_details.ending_before"),
        Column::new("plan_details_id", Kind::Id, "The plan, as the row says it.").at("plan_details.id"),
        Column::new("plan_details_name", Kind::Text, "Name of the plan.").at("plan_details.name"),
        Column::new("plan_details_custom_fields", Kind::Object, "Custom fields of it, name to value.")
            .at("plan_details.custom_fields"),
        Column::new("customer_name", Kind::Text, "Name of the customer.").at("customer_details.name"),
        Column::new("customer_external_id", Kind::Id, "As in customers.").at("customer_details.external_id"),
        Column::new("customer_ingest_aliases", Kind::Json, "As in customers.").at("customer_details.ingest_aliases"),
        Column::new("customer_salesforce_account_id", Kind::Id, "As in customers.")
            .at("customer_details.customer_config.salesforce_account_id"),
        Column::new("customer_custom_fields", Kind::Object, "As in customers.").at("customer_details.custom_fields"),
        Column::new("customer_created_at", Kind::Timestamp, "As in customers.").at("customer_details.created_at"),
        Column::new("customer_updated_at", Kind::Timestamp, "As in customers.").at("customer_details.updated_at"),
        Column::new("customer_archived_at", Kind::Timestamp, "As in customers.").at("customer_details.archived_at"),
        Column::new("customer_billable_status", Kind::Text, "As in customers.")
            .at("customer_details.current_billable_status.value"),
        Column::new("customer_billable_status_effective_at", Kind::Timestamp, "As in customers.")
            .at("customer_details.current_billable_status.effective_at"),
    ],
};
