//! Contracts as they are now, every edit and amendment applied, archived ones included.
//!
//! `limit` is not sent: the published reference knows neither it nor the cursor, only newer clients do.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, PER_CUSTOMER, Paging, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint {
    name: "contracts",
    method: Method::Post,
    path: "/v2/contracts/list",
    per: PER_CUSTOMER,
    parameters: &[("include_archived", Value::Flag(true))],
    paging: Paging::Body { cursor: "cursor", limit: None },
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "contracts",
    doc: "A contract as it is now, archived or not.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        column::CUSTOMER_ID,
        Column::new("package_id", Kind::Id, "Package it was made from."),
        column::UNIQUENESS_KEY,
        column::NAME,
        column::SALESFORCE_OPPORTUNITY_ID,
        column::RATE_CARD_ID,
        column::STARTING_AT.required(),
        column::ENDING_BEFORE,
        Column::new("commits", Kind::Json, "Commits made on it, an array; balances has them in full."),
        Column::new("credits", Kind::Json, "Credits made on it, an array; balances has them in full."),
        Column::new("has_more_commits", Kind::Boolean, "Whether the array of commits is cut.").at("has_more.commits"),
        Column::new("has_more_credits", Kind::Boolean, "Whether the array of credits is cut.").at("has_more.credits"),
        Column::new("overrides", Kind::Json, "Departures from the list prices, an array."),
        Column::new("discounts", Kind::Json, "Discounts, an array; some accounts only."),
        Column::new("professional_services", Kind::Json, "Professional services, an array; some accounts only."),
        column::CHARGES_ON_USAGE,
        Column::new("transitions", Kind::Json, "Renewals from or to other contracts, an array."),
        Column::new(
            "reseller_royalties",
            Kind::Json,
            "Royalties of resellers over time, an array; some accounts only.",
        ),
        column::CREATED_AT.required(),
        column::CREATED_BY,
        column::NETSUITE_SALES_ORDER_ID,
        column::PAYMENT_TERMS,
        column::ARCHIVED_AT,
        Column::new("total_contract_value", Kind::Decimal, "Value by the vendor; its unit is not documented."),
        Column::new("usage_filter", Kind::Json, "Which usage belongs to it, over time, an array."),
        Column::new("usage_statement_schedule_frequency", Kind::Text, "MONTHLY, QUARTERLY, ANNUAL or WEEKLY.")
            .at("usage_statement_schedule.frequency"),
        Column::new(
            "usage_statement_schedule_billing_anchor_date",
            Kind::Timestamp,
            "Date the periods are counted from.",
        )
        .at("usage_statement_schedule.billing_anchor_date"),
        column::MULTIPLIER_PRIORITY,
        column::CUSTOM_FIELDS,
        Column::new(
            "customer_billing_provider_configuration",
            Kind::Json,
            "Where its invoices go, an object as billing_configurations has it.",
        ),
        Column::new(
            "billing_provider_configuration_schedule",
            Kind::Json,
            "The same over time, an array; some accounts only.",
        ),
        Column::new(
            "revenue_system_configuration_schedule",
            Kind::Json,
            "Revenue systems over time, an array; some accounts only.",
        ),
        Column::new("recurring_commits", Kind::Json, "Definitions that make a commit each period, an array."),
        Column::new("recurring_credits", Kind::Json, "Definitions that make a credit each period, an array."),
        column::SPEND_THRESHOLD,
        column::BALANCE_THRESHOLD,
        column::SPEND_TRACKERS,
        Column::new("hierarchy_configuration", Kind::Json, "Its children, or its parent and who pays, an object."),
        Column::new("priority", Kind::Decimal, "Its order among contracts of the customer; some accounts only."),
    ],
};
