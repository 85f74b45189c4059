//! What is sold and to whom: metrics, customers, plans, charges, products, credit types. Column order of the flat files as
//! in the header lines of a public sample of a Plans account.

use super::csv::{Cell, ENVIRONMENT, Table, json, json_list, optional};
use crate::account::{Account, Customer};
use crate::calendar::{DAY, HOUR, Millis, SECOND};
use crate::price_list::{Currency, Metric, PLANS, PRODUCTS};

/// When the price list was entered: the day before the account opened.
pub(super) fn entered_at(account: &Account, place: usize) -> Millis {
    account.months()[0].start - DAY + 15 * HOUR + place as i64 * SECOND
}

pub(super) fn billable_metrics(account: &Account) -> Table {
    let row = |(place, metric): (usize, &Metric)| {
        let at = entered_at(account, place);
        vec![
            ("id", account.id("metric", &[place as u64]).into()),
            ("aggregate", metric.aggregate.into()),
            ("aggregate_keys", metric.key.map_or(Cell::Empty, |key| json_list(&[key.into()]))),
            ("environment_type", ENVIRONMENT.into()),
            ("group_keys", metric.group.map_or(Cell::Empty, |group| json_list(&[group.into()]))),
            ("name", metric.name.as_str().into()),
            ("created_at", Cell::Time(at)),
            ("archived_at", Cell::Empty),
            ("updated_at", Cell::Time(at)),
        ]
    };
    Table::new("billable_metric", account.metrics.iter().enumerate().map(row).collect())
}

pub(super) fn customers(account: &Account) -> Table {
    let row = |(place, customer): (usize, &Customer)| {
        let provider = account.billing_provider(place);
        vec![
            ("id", customer.id.as_str().into()),
            ("name", customer.name.as_str().into()),
            ("ingest_aliases", json_list(&customer.aliases)),
            ("salesforce_account_id", optional(account.salesforce_account(place))),
            ("billing_provider_type", optional(provider.as_ref().map(|(kind, _)| (*kind).into()))),
            ("billing_provider_customer_id", optional(provider.map(|(_, id)| id))),
            ("custom_fields", json(account.customer_fields(place))),
            ("environment_type", ENVIRONMENT.into()),
            ("created_at", Cell::Time(customer.created_at)),
            ("updated_at", Cell::Time(customer.archived_at.unwrap_or(customer.created_at))),
            ("archived_at", customer.archived_at.map_or(Cell::Empty, Cell::Time)),
        ]
    };
    Table::new("customer", account.customers.iter().enumerate().map(row).collect())
}

/// The id of a plan.
pub(crate) fn plan_id(account: &Account, plan: usize) -> String {
    account.id("plan", &[plan as u64])
}

pub(super) fn plans(account: &Account) -> Table {
    let row = |place: usize| {
        let (name, at) = (PLANS[place].name, entered_at(account, 40 + place));
        vec![
            ("id", plan_id(account, place).into()),
            ("name", name.into()),
            ("description", name.into()),
            ("billing_frequency", "MONTHLY".into()),
            ("starting_on", Cell::Empty),
            ("custom_fields", "{}".into()),
            ("environment_type", ENVIRONMENT.into()),
            ("created_at", Cell::Time(at)),
            ("deprecated_at", Cell::Empty),
            ("updated_at", Cell::Time(at)),
        ]
    };
    Table::new("plan", (0..PLANS.len()).map(row).collect())
}

pub(super) fn plan_charges(account: &Account) -> Table {
    let mut rows = Vec::new();
    for (plan, terms) in PLANS.iter().enumerate() {
        for (product, currency) in terms.products {
            for metric in PRODUCTS[*product].metrics.clone() {
                rows.push(vec![
                    ("id", account.id("plan charge", &[plan as u64, metric as u64]).into()),
                    ("charge_id", account.charge(plan, metric).into()),
                    ("name", account.metrics[metric].name.as_str().into()),
                    ("plan_id", plan_id(account, plan).into()),
                    ("product_id", account.product(*product).into()),
                    ("product_name", PRODUCTS[*product].name.into()),
                    ("billable_metric_id", account.id("metric", &[metric as u64]).into()),
                    ("billable_metric_name", account.metrics[metric].name.as_str().into()),
                    ("start_period", "0".into()),
                    ("credit_type_id", account.credit_type(*currency).into()),
                    ("credit_type_name", currency.credit_type_name().into()),
                    ("charge_type", "usage".into()),
                    ("quantity", Cell::Empty),
                    ("environment_type", ENVIRONMENT.into()),
                    ("custom_fields", "{}".into()),
                    ("updated_at", Cell::Time(entered_at(account, 50 + plan))),
                ]);
            }
        }
    }
    Table::new("plan_charge", rows)
}

pub(super) fn products(account: &Account) -> Table {
    let row = |place: usize| {
        let (name, at) = (PRODUCTS[place].name, entered_at(account, 32 + place));
        vec![
            ("id", account.product(place).into()),
            ("name", name.into()),
            ("description", name.into()),
            ("custom_fields", "{}".into()),
            ("created_at", Cell::Time(at)),
            ("environment_type", ENVIRONMENT.into()),
            ("deprecated_at", Cell::Empty),
            ("updated_at", Cell::Time(at)),
        ]
    };
    Table::new("product", (0..PRODUCTS.len()).map(row).collect())
}

pub(super) fn credit_types(account: &Account) -> Table {
    let types = [
        (account.credit_type(Currency::Usd), Currency::Usd.credit_type_name(), "true"),
        (account.credit_type(Currency::Eur), Currency::Eur.credit_type_name(), "true"),
        (account.id("credit type", &[2]), "Compute units", "false"),
    ];
    let row = |(place, (id, name, is_currency)): (usize, (String, &str, &str))| {
        vec![
            ("_metronome_metadata_id", account.id("credit type row", &[place as u64]).into()),
            ("id", id.into()),
            ("environment_type", ENVIRONMENT.into()),
            ("name", name.into()),
            ("is_currency", is_currency.into()),
            ("updated_at", Cell::Time(entered_at(account, place))),
        ]
    };
    Table::new("credit_type", types.into_iter().enumerate().map(row).collect())
}
