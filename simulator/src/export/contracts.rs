//! Snapshot tables of contracts: every transfer brings the whole population again, and a later one may miss a member.
//! Columns as in the vendor's database reference.

use super::csv::{Cell, ENVIRONMENT, Table, json, optional};
use crate::account::{Account, Scale};
use crate::calendar::{DAY, HOUR, Millis, day_text};
use crate::price_list::{CHECKS, Currency, METRICS, VCPU};
use crate::terms::{Contract, FIXED_PRODUCTS, fixed};

/// The contracts that were made by a day, put-away ones too. A trial of the sample is gone from its last snapshot.
pub(super) fn contracts(account: &Account, day: Millis) -> Table {
    let mut rows = Vec::new();
    for (place, customer) in account.customers.iter().enumerate() {
        let mut contracts = account.terms(place).contracts;
        if account.scale != Scale::Live && place == 9 && day < account.now() {
            contracts =
                vec![Contract { id: account.id("pilot", &[9]), ..account.contract(9, 0, "Pilot", Currency::Usd) }];
        }
        for contract in contracts.into_iter().filter(|one| one.created_at <= day) {
            let seen = contract.archived_at.filter(|at| *at <= day);
            rows.push(vec![
                ("id", contract.id.clone().into()),
                ("environment_type", ENVIRONMENT.into()),
                ("snapshot_id", day_text(day).into()),
                ("name", contract.name.clone().into()),
                ("customer_id", customer.id.as_str().into()),
                ("package_id", if contract.from_package { account.package().into() } else { Cell::Empty }),
                ("rate_card_id", account.rate_card(contract.card).into()),
                ("starting_at", Cell::Time(contract.starts)),
                ("ending_before", contract.ends.map_or(Cell::Empty, Cell::Time)),
                ("archived_at", seen.map_or(Cell::Empty, Cell::Time)),
                ("multiplier_override_prioritization", "LOWEST_MULTIPLIER".into()),
                ("net_payment_terms_days", "30".into()),
                ("usage_statement_schedule_frequency", "MONTHLY".into()),
                ("scheduled_charges_on_usage_invoices", Cell::Empty),
                ("metadata", json(account.contract_fields(&contract))),
                ("created_at", Cell::Time(contract.created_at)),
                ("created_by", "simulator".into()),
                ("updated_at", Cell::Time(day + 4 * HOUR)),
            ]);
        }
    }
    Table::new("contracts_contracts", rows)
}

/// The products of contracts, every version of each, as of a day.
pub(super) fn contract_products(account: &Account, day: Millis) -> Table {
    // Places of versions: the fixed products stand behind the metrics.
    let row = |metric: Option<usize>, (place, version): (u64, u64), (id, kind): (&str, &str), name: &str| {
        let from = account.months()[0].start + (version as i64 - 1) * 10 * DAY;
        vec![
            ("id", account.id("contract product version", &[place, version]).into()),
            ("environment_type", ENVIRONMENT.into()),
            ("snapshot_id", day_text(day).into()),
            ("product_list_item_id", id.into()),
            ("type", kind.into()),
            ("version", version.to_string().into()),
            ("name", name.into()),
            ("is_refundable", Cell::Empty),
            ("billable_metric_id", optional(metric.map(|metric| account.id("metric", &[metric as u64])))),
            ("composite_product_ids", Cell::Empty),
            ("composite_scope", Cell::Empty),
            ("tags", Cell::Empty),
            ("composite_tags", Cell::Empty),
            ("include_composite_spend", Cell::Empty),
            ("quantity_conversion", Cell::Empty),
            ("quantity_rounding", Cell::Empty),
            ("pricing_group_key", Cell::Empty),
            ("presentation_group_key", Cell::Empty),
            ("metadata", "{}".into()),
            ("starting_at", Cell::Time(from)),
            ("created_at", Cell::Time(from)),
            ("created_by", "simulator".into()),
            ("updated_at", Cell::Time(day + 4 * HOUR)),
        ]
    };
    let mut rows = Vec::new();
    for metric in VCPU.chain(CHECKS) {
        let (id, name) = (account.contract_product(metric), account.metrics[metric].name.as_str());
        if metric == VCPU.start {
            rows.push(row(Some(metric), (metric as u64, 1), (&id, "USAGE"), &format!("{name}, trial")));
            rows.push(row(Some(metric), (metric as u64, 2), (&id, "USAGE"), name));
        } else {
            rows.push(row(Some(metric), (metric as u64, 1), (&id, "USAGE"), name));
        }
    }
    for (number, name) in FIXED_PRODUCTS.into_iter().enumerate() {
        let kind = if number == fixed::SEATS { "SUBSCRIPTION" } else { "FIXED" };
        rows.push(row(None, ((METRICS + number) as u64, 1), (&account.fixed_product(number), kind), name));
    }
    Table::new("contracts_product_list_item_versions", rows)
}
