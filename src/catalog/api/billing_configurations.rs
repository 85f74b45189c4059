//! Where a customer's invoices go.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, PER_CUSTOMER, Paging, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint {
    name: "billing_configurations",
    method: Method::Post,
    path: "/v1/getCustomerBillingProviderConfigurations",
    per: PER_CUSTOMER,
    parameters: &[("include_archived", Value::Flag(true))],
    paging: Paging::None,
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "billing_configurations",
    doc: "A billing provider set up for a customer, archived or not.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        Column::new("billing_provider", Kind::Text, "The provider, e.g. stripe."),
        column::CUSTOMER_ID,
        Column::new(
            "configuration",
            Kind::Json,
            "Settings of that provider, such as the customer's id there, an object.",
        ),
        Column::new("delivery_method_id", Kind::Id, "The account's connection to the provider."),
        Column::new("delivery_method", Kind::Text, "How invoices go there, e.g. direct_to_billing_provider."),
        Column::new("delivery_method_configuration", Kind::Json, "Settings of that connection, an object."),
        column::ARCHIVED_AT,
    ],
};
