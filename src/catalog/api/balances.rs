//! Commits and credits together, with their ledgers: what deferred revenue is read from.
//!
//! Without every `include_` the answer silently leaves out contract-level rows, amounts, entries or archived rows.

use super::column;
use crate::catalog::endpoint::{Endpoint, Method, PER_CUSTOMER, Paging, Value};
use crate::catalog::{Class, Column, Kind, Origin, Partition, Table, Unit};

const ENDPOINT: Endpoint = Endpoint {
    name: "balances",
    method: Method::Post,
    path: "/v1/contracts/customerBalances/list",
    per: PER_CUSTOMER,
    parameters: &[
        ("include_contract_balances", Value::Flag(true)),
        ("include_balance", Value::Flag(true)),
        ("include_ledgers", Value::Flag(true)),
        ("include_archived", Value::Flag(true)),
    ],
    paging: Paging::Body { cursor: "next_page", limit: Some(25) },
    ..Endpoint::NEW
};

pub(crate) const TABLE: Table = Table {
    name: "balances",
    doc: "A commit or credit, made on a contract or on a customer.",
    origin: Origin::Api(&ENDPOINT),
    key: &["id"],
    newest_by: &["_transferred_at"],
    class: Class::Whole,
    partition: Partition::Flat,
    columns: &[
        Column::new("id", Kind::Id, "Id of the commit or credit; commit_id of a line is one of these.").required(),
        column::ASKED_CUSTOMER_ID,
        Column::new("contract_id", Kind::Id, "Contract it was made on; null where made on the customer.")
            .at("contract.id"),
        Column::new("type", Kind::Text, "PREPAID, POSTPAID or CREDIT.").required(),
        Column::new("rate_type", Kind::Text, "Whether usage draws at COMMIT_RATE or at LIST_RATE."),
        Column::new("name", Kind::Text, "Name of the commit or credit."),
        Column::new("priority", Kind::Decimal, "Order of use among commits and credits: lower is drawn first."),
        column::PRODUCT_ID,
        column::PRODUCT_NAME,
        Column::new("access_type", Kind::Text, "SPEND, or QUANTITY: then amounts are units and no money.")
            .at("access_schedule.access_type"),
        Column::new(
            "access_credit_type_id",
            Kind::Id,
            "Credit type of the access schedule, the ledger and the balance.",
        )
        .at("access_schedule.credit_type.id"),
        Column::new("access_credit_type_name", Kind::Text, "Its name; amounts are cents where it says USD (cents).")
            .at("access_schedule.credit_type.name"),
        Column::new("invoice_credit_type_id", Kind::Id, "Credit type of the invoice schedule.")
            .at("invoice_schedule.credit_type.id"),
        Column::new("invoice_credit_type_name", Kind::Text, "Its name; amounts are cents where it says USD (cents).")
            .at("invoice_schedule.credit_type.name"),
        Column::new("do_not_invoice", Kind::Boolean, "Whether nothing is invoiced for it.")
            .at("invoice_schedule.do_not_invoice"),
        Column::new("invoice_contract_id", Kind::Id, "Contract whose invoices charge for it.")
            .at("invoice_contract.id"),
        Column::new("amount", Kind::Decimal, "Deprecated by the vendor: the schedules say it.").unit(Unit::CreditType),
        Column::new("balance", Kind::Decimal, "Left to use now; expired and future segments count 0.")
            .unit(Unit::CreditType),
        Column::new("cost_basis", Kind::Decimal, "Ratio of paid to granted; newer accounts only.").unit(Unit::Fraction),
        Column::new("recurring_commit_id", Kind::Id, "Recurring definition that created it, of a commit."),
        Column::new("recurring_credit_id", Kind::Id, "Recurring definition that created it, of a credit."),
        Column::new("subscription_id", Kind::Id, "Subscription whose quantity sets its amount.")
            .at("subscription_config.subscription_id"),
        Column::new("subscription_allocation", Kind::Text, "INDIVIDUAL to each seat, or POOLED.")
            .at("subscription_config.allocation"),
        Column::new("subscription_is_prorated", Kind::Boolean, "Whether seats added within a period get a part.")
            .at("subscription_config.apply_seat_increase_config.is_prorated"),
        Column::new("rolled_over_from_commit_id", Kind::Id, "Commit whose remainder this one took over.")
            .at("rolled_over_from.commit_id"),
        Column::new("rolled_over_from_credit_id", Kind::Id, "Credit whose remainder this one took over.")
            .at("rolled_over_from.credit_id"),
        Column::new("rolled_over_from_contract_id", Kind::Id, "Contract that one was on.")
            .at("rolled_over_from.contract_id"),
        column::DESCRIPTION,
        Column::new("rollover_fraction", Kind::Decimal, "Share of what is left that rolls over on renewal.")
            .unit(Unit::Fraction),
        Column::new("applicable_product_ids", Kind::Json, "Products it may pay for, an array of ids."),
        Column::new("applicable_product_tags", Kind::Json, "Tags of products it may pay for, an array."),
        Column::new("specifiers", Kind::Json, "Usage it may pay for: products, tags and group values, an array."),
        Column::new("applicable_contract_ids", Kind::Json, "Contracts whose usage it may pay for, an array of ids."),
        column::NETSUITE_SALES_ORDER_ID,
        column::SALESFORCE_OPPORTUNITY_ID,
        column::CUSTOM_FIELDS,
        column::UNIQUENESS_KEY,
        Column::new("archived_at", Kind::Timestamp, "When it was archived; archived credits do not say."),
        Column::new(
            "hierarchy_child_access_type",
            Kind::Text,
            "Which customers below may use it: ALL, NONE, CONTRACT_IDS.",
        )
        .at("hierarchy_configuration.child_access.type"),
        Column::new("hierarchy_child_access_contract_ids", Kind::Json, "Their contracts, an array of ids.")
            .at("hierarchy_configuration.child_access.contract_ids"),
        Column::new("counts_as_discounted", Kind::Boolean, "Whether trackers of spend take it for discounted.")
            .at("spend_tracker_attributes.counts_as_discounted"),
        Column::new(
            "created_at",
            Kind::Timestamp,
            "A business date: a period's or contract's start, where it recurs or rolls over.",
        ),
        column::CREATED_BY,
    ],
};
