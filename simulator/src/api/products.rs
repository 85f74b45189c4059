//! Products of contracts, rate cards and their rates, and the one package.

use super::ask::Ask;
use super::contracts::named;
use super::endpoint::{Answer, Endpoint, Paging, Reply};
use super::field::{Is, may, must};
use super::json::{Json, Object, list, millis, offset, zulu};
use super::refusal::Refusal;
use super::units::credit_type;
use crate::account::Account;
use crate::calendar::{DAY, Millis, date};
use crate::decimal::{Amount, Price};
use crate::price_list::{CHECKS, Currency, VCPU, card_price};
use crate::terms::{FIXED_PRODUCTS, fixed};
use serde_json::Value;

const LISTED: Paging = Paging::Query { most: 100, omits_last: false };
const ABSENT_AT_END: Paging = Paging::Query { most: 100, omits_last: true };
const ARCHIVE: Is = Is::Word(&["ARCHIVED", "NOT_ARCHIVED", "ALL"]);
const POST: Endpoint = Endpoint { method: "POST", path: "", paging: LISTED, query: &[], body: &[], answer: products };

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/v1/contract-pricing/products/list",
        body: &[may("archive_filter", ARCHIVE)],
        answer: products,
        ..POST
    },
    Endpoint {
        path: "/v1/contract-pricing/products/get",
        paging: Paging::None,
        body: &[must("id", Is::Uuid)],
        answer: one_product,
        ..POST
    },
    Endpoint { path: "/v1/contract-pricing/rate-cards/list", answer: cards, ..POST },
    Endpoint {
        path: "/v1/contract-pricing/rate-cards/get",
        paging: Paging::None,
        body: &[must("id", Is::Uuid)],
        answer: one_card,
        ..POST
    },
    Endpoint {
        path: "/v1/contract-pricing/rate-cards/getRates",
        paging: ABSENT_AT_END,
        body: &[must("rate_card_id", Is::Uuid), must("at", Is::Time), may("selectors", Is::List)],
        answer: rates,
        ..POST
    },
    Endpoint {
        path: "/v1/contract-pricing/rate-cards/getRateSchedule",
        paging: ABSENT_AT_END,
        body: &[
            must("rate_card_id", Is::Uuid),
            must("starting_at", Is::Time),
            may("ending_before", Is::Time),
            may("selectors", Is::List),
        ],
        answer: schedule,
        ..POST
    },
    Endpoint {
        path: "/v1/contracts/getContractRateSchedule",
        paging: ABSENT_AT_END,
        body: &[
            must("customer_id", Is::Uuid),
            must("contract_id", Is::Uuid),
            may("at", Is::Time),
            may("selectors", Is::List),
        ],
        answer: contract_rates,
        ..POST
    },
    Endpoint { path: "/v1/packages/list", body: &[may("archive_filter", ARCHIVE)], answer: packages, ..POST },
    Endpoint {
        path: "/v1/packages/get",
        paging: Paging::None,
        body: &[must("package_id", Is::Uuid)],
        answer: one_package,
        ..POST
    },
    Endpoint {
        path: "/v1/packages/listContractsOnPackage",
        paging: ABSENT_AT_END,
        body: &[
            must("package_id", Is::Uuid),
            may("starting_at", Is::Time),
            may("covering_date", Is::Time),
            may("include_archived", Is::Flag),
        ],
        answer: package_contracts,
        ..POST
    },
];

/// A product: usage of a metric, or fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Product {
    Usage(usize),
    Fixed(usize),
    Composite,
    Old,
}

fn all_products() -> Vec<Product> {
    let usage = VCPU.chain(CHECKS).map(Product::Usage);
    usage.chain((0..FIXED_PRODUCTS.len()).map(Product::Fixed)).chain([Product::Composite, Product::Old]).collect()
}

fn product_id(account: &Account, product: Product) -> String {
    match product {
        Product::Usage(metric) => account.contract_product(metric),
        Product::Fixed(number) => account.fixed_product(number),
        Product::Composite => account.id("composite product", &[]),
        Product::Old => account.id("old product", &[]),
    }
}

fn entered(account: &Account) -> Millis {
    account.month(0).start
}

fn product(account: &Account, product: Product) -> Json {
    let at = entered(account);
    let state = |name: &str, created: Millis| {
        let state = Object::new().set("name", name).set("created_at", offset(created)).set("created_by", "simulator");
        match product {
            Product::Usage(metric) => state
                .set("billable_metric_id", account.id("metric", &[metric as u64]))
                .set("quantity_conversion", None::<&str>)
                .set("tags", list(["infrastructure"], |tag| tag))
                .some("presentation_group_key", (metric == VCPU.start).then(|| list(["cluster_id"], |key| key))),
            Product::Composite => state.set("composite_tags", list(["infrastructure"], |tag| tag)),
            Product::Fixed(_) | Product::Old => state,
        }
    };
    let (name, kind) = match product {
        Product::Usage(metric) => (account.metrics[metric].name.as_str(), "USAGE"),
        Product::Fixed(fixed::SEATS) => (FIXED_PRODUCTS[fixed::SEATS], "SUBSCRIPTION"),
        Product::Fixed(number) => (FIXED_PRODUCTS[number], "FIXED"),
        Product::Composite => ("Support", "COMPOSITE"),
        Product::Old => ("Setup fee", "FIXED"),
    };
    let renamed = product == Product::Usage(VCPU.start);
    let first = if renamed { format!("{name}, trial") } else { name.to_owned() };
    let update = Object::new()
        .set("name", name)
        .set("starting_at", millis(at + 10 * DAY))
        .set("created_at", millis(at + 10 * DAY))
        .set("created_by", "simulator");
    let updates: Vec<Json> = if renamed { vec![update.into()] } else { Vec::new() };
    Object::new()
        .set("id", product_id(account, product))
        .set("type", kind)
        .some("archived_at", (product == Product::Old).then(|| zulu(at + 3 * DAY)))
        .set("initial", state(&first, at))
        .set("current", state(name, at))
        .set("updates", updates)
        .set("custom_fields", Object::new())
        .into()
}

fn products<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let all = ask.says("archive_filter", "ALL");
    let archived = ask.says("archive_filter", "ARCHIVED");
    let kept = all_products().into_iter().filter(|one| all || (*one == Product::Old) == archived).collect();
    Ok(Answer::rows(kept, |one| product(ask.account, *one)))
}

fn one_product<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let found = all_products().into_iter().find(|one| ask.text("id") == Some(&product_id(ask.account, *one)));
    found.map(|one| Answer::One(product(ask.account, one))).ok_or_else(|| Refusal::missing("product"))
}

const CARDS: [Currency; 3] = [Currency::Usd, Currency::Eur, Currency::Compute];

fn card(account: &Account, card: Currency) -> Json {
    let name = match card {
        Currency::Usd => "List prices",
        Currency::Eur => "List prices, Europe",
        Currency::Compute => "Compute units",
    };
    let fiat = if card == Currency::Eur { Currency::Eur } else { Currency::Usd };
    let conversion = Object::new()
        .set("custom_credit_type", credit_type(account, Currency::Compute))
        .set("fiat_per_custom_credit", "1.25");
    let aliases = vec![Object::new().set("name", format!("list-{}", fiat.code().to_lowercase())).into()];
    Object::new()
        .set("id", account.rate_card(card))
        .set("name", name)
        .set("created_at", offset(entered(account)))
        .set("created_by", "simulator")
        .some("description", (card != Currency::Eur).then_some("what everybody pays"))
        .set("fiat_credit_type", credit_type(account, fiat))
        .some("credit_type_conversions", (card == Currency::Compute).then(|| vec![conversion.into()]))
        .set("aliases", aliases)
        .set("custom_fields", Object::new())
        .into()
}

fn cards<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    Ok(Answer::rows(CARDS.to_vec(), |one| card(ask.account, *one)))
}

fn card_named(ask: &Ask, name: &str) -> Result<Currency, Refusal> {
    let found = CARDS.into_iter().find(|one| ask.text(name) == Some(&ask.account.rate_card(*one)));
    found.ok_or_else(|| Refusal::missing("rate card"))
}

fn one_card<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    Ok(Answer::One(card(ask.account, card_named(ask, "id")?)))
}

/// A stretch of time in which a product has one rate.
struct Segment {
    product: Product,
    starts: Millis,
    ends: Option<Millis>,
    /// Percentage of the price billed since the account opened.
    percent: i128,
}

/// Every rate of a card: the first metric cost half before the account opened.
fn segments(account: &Account) -> Vec<Segment> {
    let (first, opened) = (date(2023, 1, 1), entered(account));
    let one = |product, starts, ends, percent| Segment { product, starts, ends, percent };
    vec![
        one(Product::Usage(VCPU.start), first, Some(opened), 50),
        one(Product::Usage(VCPU.start), opened, None, 100),
        one(Product::Usage(VCPU.start + 1), first, None, 100),
        one(Product::Usage(CHECKS.start), first, None, 100),
        one(Product::Fixed(fixed::SEATS), first, None, 100),
    ]
}

fn rate(account: &Account, card: Currency, segment: &Segment) -> Object {
    match segment.product {
        Product::Usage(metric) if metric == CHECKS.start => {
            let price = card_price(card, metric);
            let tier = |size: Option<i64>, price: Price| Object::new().some("size", size).set("price", price).into();
            Object::new()
                .set("rate_type", "TIERED")
                .set("tiers", vec![tier(Some(1_000), price), tier(None, Price(price.0 / 2))])
                .set("credit_type", credit_type(account, card))
        }
        Product::Usage(metric) => Object::new()
            .set("rate_type", "FLAT")
            .set("price", Price(card_price(card, metric).0 * segment.percent / 100))
            .set("credit_type", credit_type(account, card)),
        Product::Fixed(_) | Product::Composite | Product::Old => Object::new()
            .set("rate_type", "SUBSCRIPTION")
            .set("price", Price(1_250_500_000))
            .set("quantity", 1_i64)
            .set("is_prorated", false)
            .set("credit_type", credit_type(account, Currency::Usd)),
    }
}

fn product_name(account: &Account, product: Product) -> String {
    match product {
        Product::Usage(metric) => account.metrics[metric].name.clone(),
        Product::Fixed(number) => FIXED_PRODUCTS[number].into(),
        Product::Composite | Product::Old => String::new(),
    }
}

fn rate_row(account: &Account, segment: &Segment) -> Object {
    let usage = matches!(segment.product, Product::Usage(_));
    Object::new()
        .set("product_id", product_id(account, segment.product))
        .set("product_name", product_name(account, segment.product))
        .set("product_tags", list(usage.then_some("infrastructure"), |tag| tag))
        .set("product_custom_fields", Object::new())
        .set("starting_at", millis(segment.starts))
        .some("ending_before", segment.ends.map(millis))
        .set("entitled", segment.product != Product::Usage(CHECKS.start))
        .some("billing_frequency", (!usage).then_some("MONTHLY"))
}

fn selected(ask: &Ask, keep: impl Fn(&Segment) -> bool) -> Vec<Segment> {
    let selectors = ask.given.get("selectors").and_then(Value::as_array).cloned().unwrap_or_default();
    let fits = |segment: &Segment, selector: &Value| {
        let id = selector.get("product_id").and_then(Value::as_str);
        id.is_none_or(|id| id == product_id(ask.account, segment.product))
    };
    let chosen = |one: &Segment| selectors.is_empty() || selectors.iter().any(|selector| fits(one, selector));
    segments(ask.account).into_iter().filter(|one| keep(one) && chosen(one)).collect()
}

fn covers(segment: &Segment, at: Millis) -> bool {
    segment.starts <= at && segment.ends.is_none_or(|end| at < end)
}

fn rates<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let (card, at) = (card_named(ask, "rate_card_id")?, ask.moment("at").unwrap_or_default());
    Ok(Answer::rows(selected(ask, |one| covers(one, at)), move |one| {
        rate_row(ask.account, one).set("rate", rate(ask.account, card, one)).into()
    }))
}

fn schedule<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let card = card_named(ask, "rate_card_id")?;
    let (from, until) = (ask.moment("starting_at").unwrap_or_default(), ask.moment("ending_before"));
    let overlaps =
        |one: &Segment| one.ends.is_none_or(|end| end > from) && until.is_none_or(|until| one.starts < until);
    Ok(Answer::rows(selected(ask, overlaps), move |one| {
        rate_row(ask.account, one).set("rate", rate(ask.account, card, one)).into()
    }))
}

fn contract_rates<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let (_, contract) = named(ask)?;
    let at = ask.moment("at").unwrap_or(ask.now);
    let card = contract.card;
    let kept = selected(ask, |one| covers(one, at) && one.product != Product::Usage(CHECKS.start));
    Ok(Answer::rows(kept, move |one| {
        Object::new()
            .set("rate_card_id", ask.account.rate_card(card))
            .and(rate_row(ask.account, one))
            .set("list_rate", rate(ask.account, card, one))
            .into()
    }))
}

fn package(account: &Account) -> Json {
    let offset_of = |unit: &str, value: i64| Object::new().set("unit", unit).set("value", value);
    let access = Object::new().set("credit_type", credit_type(account, Currency::Usd)).set(
        "schedule_items",
        vec![
            Object::new()
                .set("id", account.id("package segment", &[]))
                .set("starting_at_offset", offset_of("DAYS", 0))
                .set("duration", offset_of("YEARS", 1))
                .set("amount", Amount::hundredths(1_000_050))
                .into(),
        ],
    );
    let commit = Object::new()
        .set("id", account.id("package commit", &[]))
        .set("type", "PREPAID")
        .set("name", "Annual commit")
        .set("priority", 100_i64)
        .set("product", super::contracts::product(account, fixed::PREPAID))
        .set("access_schedule", access);
    Object::new()
        .set("id", account.package())
        .set("name", "Starter")
        .set("rate_card_id", account.rate_card(Currency::Usd))
        .set("aliases", vec![Object::new().set("name", "starter").into()])
        .set("duration", offset_of("YEARS", 1))
        .set("commits", vec![commit.into()])
        .set("overrides", Vec::new())
        .set("scheduled_charges", Vec::new())
        .set("created_at", offset(entered(account)))
        .set("created_by", "simulator")
        .set("net_payment_terms_days", 30_i64)
        .set("usage_statement_schedule", Object::new().set("frequency", "MONTHLY").set("day", "FIRST_OF_MONTH"))
        .set("contract_name", "Infrastructure contract")
        .into()
}

fn packages<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let shown = if ask.says("archive_filter", "ARCHIVED") { Vec::new() } else { vec![package(ask.account)] };
    Ok(Answer::rows(shown, Json::clone))
}

fn is_package(ask: &Ask) -> Result<(), Refusal> {
    match ask.text("package_id") == Some(&ask.account.package()) {
        true => Ok(()),
        false => Err(Refusal::missing("package")),
    }
}

fn one_package<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    is_package(ask)?;
    Ok(Answer::One(package(ask.account)))
}

fn package_contracts<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    is_package(ask)?;
    let (from, covering) = (ask.moment("starting_at"), ask.moment("covering_date"));
    let mut found = Vec::new();
    for place in 0..ask.account.customers.len() {
        // Only every third customer can have one, and not every account does.
        if place % 3 != 0 || ask.account.variant(place).is_none() {
            continue;
        }
        let contracts = ask.account.terms(place).contracts.into_iter().filter(|one| {
            one.from_package
                && one.created_at <= ask.now
                && from.is_none_or(|from| from <= one.starts)
                && covering.is_none_or(|at| one.starts <= at && one.ends.is_none_or(|end| at < end))
        });
        found.extend(contracts.map(|one| (place, one.id, one.starts, one.ends)));
    }
    Ok(Answer::rows(found, |(place, id, starts, ends)| {
        Object::new()
            .set("customer_id", &ask.account.customers[*place].id)
            .set("contract_id", id)
            .set("starting_at", millis(*starts))
            .some("ending_before", ends.map(millis))
            .into()
    }))
}
