//! Contracts in the making: terms that are agreed with many customers alike.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table};

const ENDPOINT: Endpoint = Endpoint {
    name: "packages",
    method: Method::Post,
    path: "/v1/packages/list",
    parameters: &[("archive_filter", Value::Text("ALL"))],
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "packages",
    doc: "A package: a template that contracts are made from, archived or not.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        column::ID,
        column::UNIQUENESS_KEY,
        column::NAME,
        column::RATE_CARD_ID,
        Column::new("aliases", Kind::Json, "Other names it has or had, an array."),
        Column::new("duration_value", Kind::Integer, "How long its contracts run, in the unit beside it.")
            .at("duration.value"),
        Column::new("duration_unit", Kind::Text, "DAYS, WEEKS, MONTHS or YEARS.").at("duration.unit"),
        Column::new("commits", Kind::Json, "Templates of commits, an array; dates count from the contract's start."),
        Column::new("credits", Kind::Json, "Templates of credits, an array."),
        Column::new("overrides", Kind::Json, "Templates of departures from the list prices, an array."),
        Column::new("scheduled_charges", Kind::Json, "Templates of scheduled charges, an array."),
        column::CHARGES_ON_USAGE,
        column::CREATED_AT,
        column::CREATED_BY,
        column::PAYMENT_TERMS,
        Column::new("usage_statement_schedule_frequency", Kind::Text, "MONTHLY, QUARTERLY, ANNUAL or WEEKLY.")
            .at("usage_statement_schedule.frequency"),
        Column::new("usage_statement_schedule_day", Kind::Text, "FIRST_OF_MONTH or CONTRACT_START.")
            .at("usage_statement_schedule.day"),
        column::MULTIPLIER_PRIORITY,
        Column::new("billing_provider", Kind::Text, "Where invoices of its contracts go."),
        Column::new("delivery_method", Kind::Text, "How they go there."),
        Column::new("recurring_commits", Kind::Json, "Templates of recurring commits, an array."),
        Column::new("recurring_credits", Kind::Json, "Templates of recurring credits, an array."),
        column::SPEND_THRESHOLD,
        column::BALANCE_THRESHOLD,
        column::SPEND_TRACKERS,
        Column::new("subscriptions", Kind::Json, "Templates of subscriptions, an array."),
        Column::new("contract_name", Kind::Text, "Name that its contracts are given."),
        column::ARCHIVED_AT,
    ],
};
