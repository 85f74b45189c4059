//! Contracts, version 2: the state after every edit; and the histories that go with them.

use super::ask::Ask;
use super::balance_json::{Include, balance};
use super::customers::provider_configuration;
use super::endpoint::{Answer, Endpoint, Paging, Reply};
use super::field::{Field, Is, may, must};
use super::json::{Json, Object, list, millis, offset, zulu};
use super::refusal::Refusal;
use crate::account::Account;
use crate::account::month_start;
use crate::balance::BalanceKind;
use crate::books::Books;
use crate::calendar::{DAY, Millis};
use crate::decimal::{Amount, Quantity};
use crate::price_list::Currency;
use crate::terms::{Contract, FIXED_PRODUCTS, Recurring, Seats, fixed};

/// The filters of the contract lists, of both versions.
pub const LIST_FIELDS: [Field; 6] = [
    must("customer_id", Is::Uuid),
    may("include_ledgers", Is::Flag),
    may("include_archived", Is::Flag),
    may("include_balance", Is::Flag),
    may("starting_at", Is::Time),
    may("covering_date", Is::Time),
];

const UNPAGED: Endpoint =
    Endpoint { method: "POST", path: "", paging: Paging::None, query: &[], body: &[], answer: one };
const OF_SUBSCRIPTION: [Field; 3] =
    [must("customer_id", Is::Uuid), must("contract_id", Is::Uuid), must("subscription_id", Is::Uuid)];

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        path: "/v2/contracts/list",
        paging: Paging::Cursor(20, "cursor"),
        body: &LIST_FIELDS,
        answer: all,
        ..UNPAGED
    },
    Endpoint {
        path: "/v2/contracts/get",
        body: &[
            must("customer_id", Is::Uuid),
            must("contract_id", Is::Uuid),
            may("include_ledgers", Is::Flag),
            may("include_balance", Is::Flag),
            may("as_of_date", Is::Time),
        ],
        answer: one,
        ..UNPAGED
    },
    Endpoint {
        path: "/v2/contracts/getEditHistory",
        body: &[must("customer_id", Is::Uuid), must("contract_id", Is::Uuid)],
        answer: edits,
        ..UNPAGED
    },
    Endpoint {
        path: "/v1/contracts/getSubscriptionQuantityHistory",
        body: &OF_SUBSCRIPTION,
        answer: quantities,
        ..UNPAGED
    },
    Endpoint {
        path: "/v1/contracts/getSubscriptionSeatsHistory",
        paging: Paging::Cursor(10, "next_page"),
        body: &[
            OF_SUBSCRIPTION[0],
            OF_SUBSCRIPTION[1],
            OF_SUBSCRIPTION[2],
            may("covering_date", Is::Time),
            may("starting_at", Is::Time),
            may("ending_before", Is::Time),
        ],
        answer: seat_history,
        ..UNPAGED
    },
];

/// The contracts of a customer that a list's filters leave.
pub fn filtered(ask: &Ask) -> Result<Books, Refusal> {
    let (from, covering) = (ask.moment("starting_at"), ask.moment("covering_date"));
    if from.is_some() && covering.is_some() {
        return Err(Refusal::bad("starting_at and covering_date exclude each other"));
    }
    let mut books = ask.books()?;
    books.contracts.retain(|one| {
        (ask.flag("include_archived") || one.archived_at.is_none_or(|at| at > ask.now))
            && from.is_none_or(|from| from <= one.starts)
            && covering.is_none_or(|at| one.starts <= at && one.ends.is_none_or(|end| at < end))
    });
    Ok(books)
}

/// The one contract a request names.
pub fn named(ask: &Ask) -> Result<(Books, Contract), Refusal> {
    let books = ask.books()?;
    let id = ask.text("contract_id").unwrap_or_default();
    match books.contracts.iter().find(|one| one.id == id).cloned() {
        Some(contract) => Ok((books, contract)),
        None => Err(Refusal {
            code: "ContractNotFound",
            status: if ask.v2 { 400 } else { 404 },
            ..Refusal::missing("contract")
        }),
    }
}

fn includes(ask: &Ask) -> Include {
    Include { ledger: ask.flag("include_ledgers"), balance: ask.flag("include_balance"), v2: true }
}

fn all<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = ask.place()?;
    let books = filtered(ask)?;
    let contracts = books.contracts.clone();
    let include = includes(ask);
    let row = move |one: &Contract| contract(ask.account, place, &books, one, include, ask.now);
    if !ask.paged_contracts {
        return Ok(Answer::Whole(Object::new().set("data", list(&contracts, row)).into()));
    }
    Ok(Answer::rows(contracts, row))
}

fn one<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    if ask.moment("as_of_date").is_some() && ask.flag("include_ledgers") {
        return Err(Refusal::bad("as_of_date cannot be combined with include_ledgers"));
    }
    let (books, found) = named(ask)?;
    Ok(Answer::One(contract(ask.account, ask.place()?, &books, &found, includes(ask), ask.now)))
}

/// `{"id", "name"}` of a fixed product.
pub fn product(account: &Account, product: usize) -> Object {
    Object::new().set("id", account.fixed_product(product)).set("name", FIXED_PRODUCTS[product])
}

/// A contract's fees.
pub fn charges(account: &Account, contract: &Contract, now: Millis) -> Json {
    list(&contract.charges, |charge| {
        let items = list(&charge.items, |item| {
            Object::new()
                .set("id", &item.id)
                .set("invoice_id", (item.at <= now).then_some(&item.invoice))
                .set("amount", item.amount)
                .set("unit_price", item.amount)
                .set("quantity", Quantity::whole(1))
                .set("timestamp", millis(item.at))
        });
        let schedule = Object::new()
            .set("credit_type", super::units::credit_type(account, charge.unit))
            .set("schedule_items", items);
        Object::new()
            .set("id", &charge.id)
            .set("product", product(account, fixed::FEE))
            .set("schedule", schedule)
            .set("name", charge.name)
            .set("custom_fields", Object::new())
    })
}

/// The commits or credits of a contract that come again.
pub fn recurring(account: &Account, contract: &Contract, wanted: BalanceKind) -> Option<Json> {
    let one: &Recurring = contract.recurring.as_ref().filter(|one| one.kind == wanted)?;
    let unit = account.credit_type(Currency::Usd);
    let commit = wanted != BalanceKind::Credit;
    let amount = |amount: Amount| {
        Object::new().set("unit_price", amount).set("quantity", Quantity::whole(1)).set("credit_type_id", &unit)
    };
    let object = Object::new()
        .set("id", &one.id)
        .set("contract", Object::new().set("id", &contract.id))
        .set("name", one.name)
        .set("product", product(account, if commit { fixed::PREPAID } else { fixed::CREDIT }))
        .set("access_amount", amount(one.amount))
        .set("priority", 100_i64)
        .set("rate_type", "LIST_RATE")
        .set("starting_at", millis(contract.starts))
        .set("commit_duration", Object::new().set("value", 1_i64).set("unit", "PERIODS"))
        .set("recurrence_frequency", "MONTHLY")
        .set("proration", "NONE")
        .set("anchor_date", millis(contract.starts))
        .some("invoice_amount", commit.then(|| amount(one.amount)));
    Some(Json::List(vec![object.into()]))
}

/// A contract's subscription to seats.
pub fn subscription(account: &Account, contract: &Contract, seats: &Seats, now: Millis) -> Json {
    let month = (0..account.month_count).rev().find(|month| month_start(*month) <= now).unwrap_or(0);
    let period = account.month(month);
    let span = |start, end| Object::new().set("starting_at", millis(start)).set("ending_before", millis(end));
    let rate = Object::new().set("billing_frequency", "MONTHLY").set("product", product(account, fixed::SEATS));
    let quantity = Object::new()
        .set("quantity", Quantity::whole(seats.first + month as u64))
        .set("starting_at", millis(period.start));
    let object = Object::new()
        .set("id", &seats.id)
        .set("subscription_rate", rate)
        .set("name", "Seats")
        .set("collection_schedule", "ARREARS")
        .set(
            "proration",
            Object::new().set("is_prorated", false).set("invoice_behavior", "BILL_ON_NEXT_COLLECTION_DATE"),
        )
        .set("quantity_schedule", vec![quantity.into()])
        .set("billing_periods", Object::new().set("current", span(period.start, period.end)))
        .set("quantity_management_mode", "QUANTITY_ONLY")
        .set("starting_at", millis(contract.starts))
        .set("fiat_credit_type_id", account.credit_type(Currency::Usd))
        .set("custom_fields", Object::new());
    Json::List(vec![object.into()])
}

/// What a contract renews.
pub fn transitions(contract: &Contract) -> Json {
    list(&contract.renews, |from| {
        Object::new().set("type", "RENEWAL").set("from_contract_id", from).set("to_contract_id", &contract.id)
    })
}

/// Where a contract stands in a hierarchy of customers.
pub fn hierarchy(account: &Account, contract: &Contract) -> Option<Json> {
    let link = |place: usize| {
        Object::new()
            .set("contract_id", account.id("contract", &[place as u64]))
            .set("customer_id", &account.customers[place].id)
    };
    let children = |child| {
        Object::new()
            .set("children", vec![link(child).into()])
            .set("parent_behavior", Object::new().set("invoice_consolidation_type", "CONCATENATE"))
    };
    let parent = |parent| {
        Object::new().set("parent", link(parent)).set("payer", "PARENT").set("usage_statement_behavior", "CONSOLIDATE")
    };
    contract.child.map(children).or_else(|| contract.parent.map(parent)).map(Into::into)
}

/// More of a contract's commits than this are not shown inside of it.
const MOST_NESTED: usize = 10;

fn contract(account: &Account, place: usize, books: &Books, one: &Contract, include: Include, now: Millis) -> Json {
    let own = |commits: bool| {
        let rows: Vec<Json> = books
            .balances
            .iter()
            .filter(|row| row.contract.as_ref() == Some(&one.id) && (row.kind != BalanceKind::Credit) == commits)
            .filter(|row| row.archived_at.is_none_or(|at| at > now))
            .map(|row| balance(account, row, include, now))
            .collect();
        (rows.len() > MOST_NESTED, Json::List(rows.into_iter().take(MOST_NESTED).collect()))
    };
    let ((more_commits, commits), (more_credits, credits)) = (own(true), own(false));
    let schedule = Object::new().set("frequency", "MONTHLY").set("billing_anchor_date", millis(one.starts));
    Object::new()
        .set("id", &one.id)
        .set("customer_id", &account.customers[place].id)
        .set("name", &one.name)
        .some("package_id", one.from_package.then(|| account.package()))
        .set("rate_card_id", account.rate_card(one.card))
        .set("starting_at", millis(one.starts))
        .some("ending_before", one.ends.map(millis))
        .some("archived_at", one.archived_at.filter(|at| *at <= now).map(zulu))
        .set("commits", commits)
        .set("credits", credits)
        .set("has_more", Object::new().set("commits", more_commits).set("credits", more_credits))
        .set("overrides", Vec::new())
        .set("scheduled_charges", charges(account, one, now))
        .set("transitions", transitions(one))
        .set("usage_filter", Vec::new())
        .set("usage_statement_schedule", schedule)
        .set("created_at", offset(one.created_at))
        .set("created_by", "simulator")
        .set("net_payment_terms_days", 30_i64)
        .set("multiplier_override_prioritization", "LOWEST_MULTIPLIER")
        .set("custom_fields", account.contract_fields(one))
        .some("customer_billing_provider_configuration", provider_configuration(account, place))
        .some("recurring_commits", recurring(account, one, BalanceKind::Prepaid))
        .some("recurring_credits", recurring(account, one, BalanceKind::Credit))
        .some("subscriptions", one.seats.as_ref().map(|seats| subscription(account, one, seats, now)))
        .some("hierarchy_configuration", hierarchy(account, one))
        .into()
}

/// A contract was named once, two days after it was made.
fn edits<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let (_, contract) = named(ask)?;
    let edit = Object::new()
        .set("id", ask.account.id(&contract.id, &[1]))
        .set("timestamp", millis(contract.created_at + 2 * DAY))
        .set("update_contract_name", &contract.name);
    Ok(Answer::rows(vec![Json::from(edit)], Json::clone))
}

/// The months of a subscription until now, with the number of seats.
fn seats_by_month(ask: &Ask) -> Result<(Seats, Vec<(usize, u64)>), Refusal> {
    let (_, contract) = named(ask)?;
    let asked = ask.text("subscription_id");
    let seats = contract.seats.filter(|seats| asked == Some(&seats.id));
    let seats = seats.ok_or_else(|| Refusal { status: 400, ..Refusal::missing("subscription") })?;
    let months = (0..ask.account.month_count).filter(|month| month_start(*month) <= ask.now);
    let quantities = months.map(|month| (month, seats.first + month as u64)).collect();
    Ok((seats, quantities))
}

fn quantities<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let (seats, months) = seats_by_month(ask)?;
    let history = list(months, |(month, quantity)| {
        let quantity = Quantity::whole(quantity);
        let data =
            Object::new().set("quantity", quantity).set("unit_price", seats.price).set("total", quantity * seats.price);
        Object::new().set("starting_at", millis(month_start(month))).set("data", vec![data.into()])
    });
    let whole = Object::new()
        .set("subscription_id", &seats.id)
        .set("fiat_credit_type_id", ask.account.credit_type(Currency::Usd))
        .set("history", history);
    Ok(Answer::One(whole.into()))
}

fn seat_history<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let (_, months) = seats_by_month(ask)?;
    Ok(Answer::rows(months, |(month, quantity)| {
        let period = crate::account::Period { start: month_start(*month), end: month_start(month + 1) };
        let ends = (period.end <= ask.now).then(|| millis(period.end));
        Object::new()
            .set("starting_at", millis(period.start))
            .set("ending_before", ends)
            .set("total_quantity", *quantity)
            .set("assigned_seat_ids", list(0..quantity - 1, |seat| format!("seat-{seat}")))
            .into()
    }))
}
