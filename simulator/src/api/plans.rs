//! Legacy plans: what they charge, who is on them, what a day costs.

use super::ask::Ask;
use super::customers::detail;
use super::endpoint::{Answer, Endpoint, Paging, Reply};
use super::field::{Is, may, must};
use super::json::{Json, Object, offset};
use super::refusal::Refusal;
use super::units::credit_type;
use crate::account::{Account, Deal, plan_of};
use crate::calendar::{DAY, Millis};
use crate::decimal::Amount;
use crate::price_list::{Currency, PLANS, PRODUCTS};

const LISTED: Paging = Paging::Query { most: 100, omits_last: false };
const GET: Endpoint = Endpoint { method: "GET", path: "", paging: LISTED, query: &[], body: &[], answer: all };

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint { path: "/v1/plans", answer: all, ..GET },
    Endpoint { path: "/v1/planDetails/{plan_id}", paging: Paging::None, answer: one, ..GET },
    Endpoint { path: "/v1/planDetails/{plan_id}/charges", answer: charges, ..GET },
    Endpoint {
        path: "/v1/planDetails/{plan_id}/customers",
        query: &[may("status", Is::Word(&["all", "active", "ended", "upcoming"]))],
        answer: customers,
        ..GET
    },
    Endpoint { path: "/v1/customers/{customer_id}/plans", answer: of_customer, ..GET },
    Endpoint {
        path: "/v1/customers/{customer_id}/plans/{customer_plan_id}/priceAdjustments",
        answer: adjustments,
        ..GET
    },
    Endpoint {
        path: "/v1/customers/{customer_id}/costs",
        query: &[must("starting_on", Is::Time), must("ending_before", Is::Time)],
        answer: costs,
        ..GET
    },
];

fn plan_id(account: &Account, plan: usize) -> String {
    account.id("plan", &[plan as u64])
}

fn named(ask: &Ask) -> Result<usize, Refusal> {
    let id = ask.path.first().map(String::as_str).unwrap_or_default();
    (0..PLANS.len()).find(|plan| plan_id(ask.account, *plan) == id).ok_or_else(|| Refusal::missing("plan"))
}

fn plan(account: &Account, plan: usize) -> Object {
    Object::new()
        .set("id", plan_id(account, plan))
        .set("name", PLANS[plan].name)
        .set("description", PLANS[plan].name)
        .set("custom_fields", Object::new())
}

fn all<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    Ok(Answer::rows((0..PLANS.len()).collect(), |one| plan(ask.account, *one).into()))
}

fn one<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = named(ask)?;
    let overage = Object::new()
        .set("to_fiat_conversion_factor", Json::Number("1.25".into()))
        .set("start_period", 0_i64)
        .set("fiat_credit_type", credit_type(ask.account, Currency::Usd))
        .set("credit_type", credit_type(ask.account, Currency::Compute));
    Ok(Answer::One(plan(ask.account, place).set("overage_rates", vec![overage.into()]).into()))
}

fn charges<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = named(ask)?;
    let products = PLANS[place].products.iter();
    let rows: Vec<(usize, Currency, usize)> = products
        .flat_map(|(product, unit)| PRODUCTS[*product].metrics.clone().map(|metric| (*product, *unit, metric)))
        .collect();
    Ok(Answer::rows(rows, move |(product, unit, metric)| {
        let price = Object::new().set("value", PLANS[place].price(*metric)).set("tier", 0_i64);
        Object::new()
            .set("id", ask.account.charge(place, *metric))
            .set("name", &ask.account.metrics[*metric].name)
            .set("charge_type", "usage")
            .set("product_id", ask.account.product(*product))
            .set("product_name", PRODUCTS[*product].name)
            .set("start_period", 0_i64)
            .set("credit_type", credit_type(ask.account, *unit))
            .set("prices", vec![price.into()])
            .set("custom_fields", Object::new())
            .into()
    }))
}

fn customers<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let plan = named(ask)?;
    let status = ask.text("status").unwrap_or("active").to_ascii_lowercase();
    let kept: Vec<usize> = (0..ask.account.customers.len())
        .filter(|place| {
            let customer = &ask.account.customers[*place];
            let began = customer.billed_from <= ask.now;
            let fits = match status.as_str() {
                "all" => true,
                "active" => began,
                "upcoming" => !began,
                _ => false,
            };
            customer.deal == Deal::Plan(plan) && fits
        })
        .collect();
    Ok(Answer::rows(kept, move |place| {
        let plan_details = Object::new()
            .set("id", plan_id(ask.account, plan))
            .set("name", PLANS[plan].name)
            .set("starting_on", offset(ask.account.customers[*place].billed_from))
            .set("custom_fields", Object::new())
            .set("customer_plan_id", ask.account.id("customer plan", &[*place as u64]));
        Object::new()
            .set("customer_details", detail(ask.account, *place, ask.now))
            .set("plan_details", plan_details)
            .into()
    }))
}

fn of_customer<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = ask.place()?;
    let customer = &ask.account.customers[place];
    let plans = match customer.deal {
        Deal::Plan(plan) => vec![plan],
        Deal::Contract | Deal::None => Vec::new(),
    };
    Ok(Answer::rows(plans, move |plan| {
        Object::new()
            .set("id", ask.account.id("customer plan", &[place as u64]))
            .set("plan_id", plan_id(ask.account, *plan))
            .set("plan_name", PLANS[*plan].name)
            .set("plan_description", PLANS[*plan].name)
            .set("starting_on", offset(customer.billed_from))
            .set("custom_fields", Object::new())
            .into()
    }))
}

fn adjustments<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = ask.place()?;
    if ask.path.get(1) != Some(&ask.account.id("customer plan", &[place as u64])) {
        return Err(Refusal::missing("customer plan"));
    }
    Ok(Answer::rows(Vec::<Json>::new(), Json::clone))
}

/// What each day's usage costs on the plan, before credits.
fn costs<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = ask.place()?;
    let customer = &ask.account.customers[place];
    let plan = plan_of(customer.deal).ok_or_else(|| Refusal::bad("the customer has no plan"))?;
    let (from, until) =
        (ask.moment("starting_on").unwrap_or_default(), ask.moment("ending_before").unwrap_or_default());
    let mut days: Vec<Millis> = Vec::new();
    let mut day = from.max(customer.billed_from);
    while day < until.min(ask.now) {
        days.push(day);
        day += DAY;
    }
    let used = ask.account.measured(place);
    Ok(Answer::rows(days, move |day| {
        let sums = used.sums(*day, (day + DAY).min(until).min(ask.now), ask.now);
        let cost: Amount = plan
            .products
            .iter()
            .flat_map(|(product, _)| PRODUCTS[*product].metrics.clone())
            .map(|metric| sums[metric] * plan.price(metric))
            .sum();
        let unit = plan.currency();
        let amounts = Object::new().set("name", unit.credit_type_name()).set("cost", cost);
        Object::new()
            .set("start_timestamp", offset(*day))
            .set("end_timestamp", offset(day + DAY))
            .set("credit_types", Object::new().set(&ask.account.credit_type(unit), amounts))
            .into()
    }))
}
