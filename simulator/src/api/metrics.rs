//! Billable metrics, and the usage they count: per window for many customers, and for one by group.

use super::ask::Ask;
use super::endpoint::{Answer, Endpoint, Paging, Reply, Rows};
use super::field::{Is, may, must};
use super::json::{Object, list, offset, zulu};
use super::refusal::Refusal;
use crate::account::{Account, Deal, Period};
use crate::calendar::{DAY, HOUR, Millis};
use crate::decimal::Quantity;
use crate::event::Value as Property;
use crate::measured::{Measure, Measured};
use crate::price_list::{METRICS, PLANS, PRODUCTS, VCPU};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

const WINDOW: Is = Is::Word(&["HOUR", "DAY", "NONE"]);
const LISTED: Paging = Paging::Query { most: 100, omits_last: false };
/// Rows of a page of usage, which the caller cannot choose.
const USAGE_PAGE: u64 = 500;

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        path: "/v1/billable-metrics",
        paging: LISTED,
        query: &[may("include_archived", Is::Flag)],
        body: &[],
        answer: all,
    },
    Endpoint {
        method: "GET",
        path: "/v1/billable-metrics/{billable_metric_id}",
        paging: Paging::None,
        query: &[],
        body: &[],
        answer: one,
    },
    Endpoint {
        method: "GET",
        path: "/v1/customers/{customer_id}/billable-metrics",
        paging: LISTED,
        query: &[may("on_current_plan", Is::Flag), may("include_archived", Is::Flag)],
        body: &[],
        answer: of_customer,
    },
    Endpoint {
        method: "POST",
        path: "/v1/usage",
        paging: Paging::QueryFixed(USAGE_PAGE),
        query: &[],
        body: &[
            may("customer_ids", Is::Texts(usize::MAX)),
            may("billable_metrics", Is::List),
            must("window_size", WINDOW),
            must("starting_on", Is::Time),
            must("ending_before", Is::Time),
        ],
        answer: usage,
    },
    Endpoint {
        method: "POST",
        path: "/v1/usage/groups",
        paging: LISTED,
        query: &[],
        body: &[
            must("customer_id", Is::Uuid),
            must("billable_metric_id", Is::Uuid),
            must("window_size", WINDOW),
            may("starting_on", Is::Time),
            may("ending_before", Is::Time),
            may("group_by", Is::Map),
            may("group_key", Is::Texts(10)),
            may("group_filters", Is::Map),
            may("current_period", Is::Flag),
        ],
        answer: groups,
    },
];

/// A metric that nobody uses any more, after the last one in use.
const OLD: usize = METRICS;

fn metric_id(account: &Account, metric: usize) -> String {
    account.id("metric", &[metric as u64])
}

fn metric(account: &Account, place: usize) -> Object {
    let Some(metric) = account.metrics.get(place) else {
        return Object::new()
            .set("id", metric_id(account, OLD))
            .set("name", "GPU hours (old)")
            .set("aggregation_type", "MAX")
            .set("aggregation_key", "gpu_hours")
            .set("archived_at", zulu(account.month(0).start));
    };
    let event_type = match place {
        0..=15 => "usage_events",
        16..=19 => "language_modeler",
        20..=23 => "fine_tuning",
        24..=27 => "image_modeler",
        28..=29 => "infra-usage",
        _ => "identity_check",
    };
    Object::new()
        .set("id", metric_id(account, place))
        .set("name", &metric.name)
        .set("event_type_filter", Object::new().set("in_values", list([event_type], |one| one)))
        .set("property_filters", list(metric.key, |key| Object::new().set("name", key).set("exists", true)))
        .set("aggregation_type", metric.aggregate.to_uppercase())
        .some("aggregation_key", metric.key)
        .some("group_keys", metric.group.map(|group| list([[group]], |keys| list(keys, |key| key))))
        .set("custom_fields", Object::new())
}

fn all<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let count = METRICS + usize::from(ask.flag("include_archived"));
    Ok(Answer::Rows(Rows { count, most: usize::MAX, row: Box::new(|place| metric(ask.account, place).into()) }))
}

fn place_of(ask: &Ask, id: &str) -> Result<usize, Refusal> {
    (0..=OLD).find(|place| metric_id(ask.account, *place) == id).ok_or_else(|| Refusal::missing("billable metric"))
}

fn one<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = place_of(ask, ask.path.first().map(String::as_str).unwrap_or_default())?;
    Ok(Answer::One(metric(ask.account, place).into()))
}

/// The metrics that a deal bills; everything for a customer without one.
fn billed(deal: Deal) -> Vec<usize> {
    match deal {
        Deal::Plan(plan) => {
            PLANS[plan].products.iter().flat_map(|(product, _)| PRODUCTS[*product].metrics.clone()).collect()
        }
        Deal::Contract => VCPU.collect(),
        Deal::None => (0..METRICS).collect(),
    }
}

fn of_customer<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let deal = ask.customer()?.deal;
    let metrics = if ask.flag("on_current_plan") { billed(deal) } else { (0..METRICS).collect() };
    Ok(Answer::rows(metrics, |place| {
        let own = &ask.account.metrics[*place];
        metric(ask.account, *place)
            .some("group_by", own.group.map(|group| list([group], |key| key)))
            .set("aggregate", own.aggregate)
            .some("aggregate_keys", own.key.map(|key| list([key], |key| key)))
            .into()
    }))
}

fn windows(ask: &Ask) -> Result<Vec<Period>, Refusal> {
    let (from, until) = (ask.moment("starting_on"), ask.moment("ending_before"));
    let (Some(from), Some(until)) = (from, until) else {
        return Err(Refusal::bad("starting_on and ending_before are required"));
    };
    if until <= from {
        return Err(Refusal::bad("ending_before must be after starting_on"));
    }
    let step = match () {
        () if ask.says("window_size", "HOUR") => HOUR,
        () if ask.says("window_size", "DAY") => DAY,
        () => return Ok(vec![Period { start: from, end: until }]),
    };
    let mut windows = Vec::new();
    let mut start = from;
    while start < until {
        let end = ((start.div_euclid(step) + 1) * step).min(until);
        windows.push(Period { start, end });
        start = end;
    }
    Ok(windows)
}

/// What a metric counted in a window; none where there was no event.
fn value(used: &Measured, metric: usize, window: Period, now: Millis) -> Option<Quantity> {
    let own = |one: &&Measure| one.metric == metric && one.known_at < now;
    used.between(window.start, window.end.min(now)).iter().filter(own).fold(None, |sum, one| {
        let mut sum = sum.unwrap_or_default();
        sum += one.quantity;
        Some(sum)
    })
}

/// Rows are customers, then windows, then metrics; where each customer's begin is known without making any.
fn usage<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let windows = windows(ask)?;
    let customers: Vec<usize> = match ask.texts("customer_ids") {
        Some(ids) => ids
            .iter()
            .map(|id| ask.directory.customer(id).ok_or_else(|| Refusal::no_customer(false)))
            .collect::<Result<_, _>>()?,
        None => (0..ask.account.customers.len()).collect(),
    };
    let mut wanted: Vec<(usize, Option<String>)> = Vec::new();
    for one in ask.given.get("billable_metrics").and_then(Value::as_array).into_iter().flatten() {
        let key = one.pointer("/group_by/key").and_then(Value::as_str).map(str::to_owned);
        wanted.push((place_of(ask, one.get("id").and_then(Value::as_str).unwrap_or_default())?, key));
    }
    let metrics = move |place: usize| -> Vec<(usize, Option<String>)> {
        if wanted.is_empty() {
            billed(ask.account.customers[place].deal).into_iter().map(|metric| (metric, None)).collect()
        } else {
            wanted.clone()
        }
    };
    let mut starts = vec![0];
    for place in &customers {
        starts.push(starts[starts.len() - 1] + metrics(*place).len() * windows.len());
    }
    let count = starts[starts.len() - 1];
    let last: RefCell<Option<(usize, Arc<Measured>)>> = RefCell::default();
    let row = move |at: usize| {
        let number = starts.partition_point(|start| *start <= at) - 1;
        let place = customers[number];
        let metrics = metrics(place);
        let within = at - starts[number];
        let (window, (metric, group)) = (windows[within / metrics.len()], metrics[within % metrics.len()].clone());
        let used = match &*last.borrow() {
            Some((kept, used)) if *kept == place => Some(used.clone()),
            _ => None,
        };
        let used = used.unwrap_or_else(|| ask.account.measured(place));
        *last.borrow_mut() = Some((place, used.clone()));
        let name = ask.account.metrics.get(metric).map_or("GPU hours (old)", |metric| metric.name.as_str());
        let groups = group.map(|key| {
            let groups = by_group(ask, place, metric, &key, window);
            groups.into_iter().fold(Object::new(), |object, (group, sum)| object.set(&group, sum))
        });
        Object::new()
            .set("customer_id", &ask.account.customers[place].id)
            .set("billable_metric_id", metric_id(ask.account, metric))
            .set("billable_metric_name", name)
            .set("start_timestamp", offset(window.start))
            .set("end_timestamp", offset(window.end))
            .set("value", value(&used, metric, window, ask.now))
            .some("groups", groups)
            .into()
    };
    Ok(Answer::Rows(Rows { count, most: usize::MAX, row: Box::new(row) }))
}

/// Sums by the value of a property.
fn by_group(ask: &Ask, place: usize, metric: usize, key: &str, window: Period) -> BTreeMap<String, Quantity> {
    let mut sums: BTreeMap<String, Quantity> = BTreeMap::new();
    for number in ask.account.events_of(place) {
        let event = ask.account.event(u64::from(*number));
        let known_at = ask.account.late(&event).unwrap_or(event.at);
        if event.at < window.start || window.end <= event.at || ask.now <= known_at {
            continue;
        }
        for (_, quantity) in event.body.measures().into_iter().flatten().filter(|(own, _)| *own == metric) {
            event.body.properties(|name, value| {
                if name == key {
                    let group = match value {
                        Property::Text(word) => word.to_owned(),
                        Property::Whole(number) => number.to_string(),
                        Property::Numbered(word, number) => format!("{word}{number}"),
                        Property::Decimal(_) => return,
                    };
                    *sums.entry(group).or_default() += quantity;
                }
            });
        }
    }
    sums
}

fn groups<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = ask.place()?;
    let metric = place_of(ask, ask.text("billable_metric_id").unwrap_or_default())?;
    let key = ask.texts("group_key").and_then(|keys| keys.first().map(|key| (*key).to_owned())).or_else(|| {
        ask.given.get("group_by").and_then(|group| group.get("key")).and_then(Value::as_str).map(str::to_owned)
    });
    let windows = match ask.flag("current_period") {
        true if ask.account.customers[place].deal == Deal::None => {
            return Err(Refusal::bad("the customer has no contract"));
        }
        true => ask.account.months().into_iter().filter(|one| one.start <= ask.now && ask.now < one.end).collect(),
        false => windows(ask)?,
    };
    let mut rows: Vec<(Period, Option<String>, Option<Quantity>)> = Vec::new();
    let used = ask.account.measured(place);
    for window in windows {
        match &key {
            None => rows.push((window, None, value(&used, metric, window, ask.now))),
            Some(key) => {
                let sums = by_group(ask, place, metric, key, window);
                rows.extend(sums.into_iter().map(|(group, sum)| (window, Some(group), Some(sum))));
            }
        }
    }
    Ok(Answer::rows(rows, move |(window, group, sum)| {
        let named = group.as_ref().and(key.as_ref());
        let pair = group.as_ref().zip(key.as_ref()).map(|(group, key)| Object::new().set(key, group));
        Object::new()
            .set("starting_on", offset(window.start))
            .set("ending_before", offset(window.end))
            .set("group_key", named)
            .set("group_value", group.as_ref())
            .some("group", pair)
            .set("value", *sum)
            .into()
    }))
}
