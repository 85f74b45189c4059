//! Customers and their settings at billing providers.

use super::ask::Ask;
use super::endpoint::{Answer, Endpoint, Paging, Reply};
use super::field::{Is, may, must};
use super::json::{Json, Object, millis, offset, zulu};
use crate::account::{Account, Customer};
use crate::calendar::Millis;

const UNPAGED: Endpoint =
    Endpoint { method: "GET", path: "", paging: Paging::None, query: &[], body: &[], answer: one };

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        path: "/v1/customers",
        paging: Paging::Query { most: 100, omits_last: false },
        query: &[
            may("ingest_alias", Is::Text),
            may("customer_ids", Is::Texts(100)),
            may("only_archived", Is::Flag),
            may("salesforce_account_ids", Is::Texts(100)),
        ],
        body: &[],
        answer: all,
    },
    Endpoint { path: "/v1/customers/{customer_id}", answer: one, ..UNPAGED },
    Endpoint {
        method: "POST",
        path: "/v1/getCustomerBillingProviderConfigurations",
        body: &[must("customer_id", Is::Uuid), may("include_archived", Is::Flag)],
        answer: providers,
        ..UNPAGED
    },
    Endpoint {
        path: "/v1/customers/{customer_id}/billing-config/{billing_provider_type}",
        answer: billing_config,
        ..UNPAGED
    },
    Endpoint {
        method: "POST",
        path: "/v1/listConfiguredBillingProviders",
        body: &[may("next_page", Is::Text)],
        answer: configured,
        ..UNPAGED
    },
    Endpoint {
        method: "POST",
        path: "/v1/getCustomerRevenueSystemConfigurations",
        body: &[must("customer_id", Is::Uuid), may("provider", Is::Text), may("include_archived", Is::Flag)],
        answer: revenue,
        ..UNPAGED
    },
];

fn archived(customer: &Customer, now: Millis) -> Option<Millis> {
    customer.archived_at.filter(|at| *at <= now)
}

/// A customer's object.
pub fn detail(account: &Account, place: usize, now: Millis) -> Object {
    let customer = &account.customers[place];
    let billable = Object::new().set("value", "billable").set("effective_at", None::<&str>);
    Object::new()
        .set("id", &customer.id)
        .set("external_id", customer.aliases.first().unwrap_or(&customer.id))
        .set("ingest_aliases", super::json::list(&customer.aliases, |alias| alias))
        .set("name", &customer.name)
        .set("customer_config", Object::new().set("salesforce_account_id", account.salesforce_account(place)))
        .set("custom_fields", account.customer_fields(place))
        .set("created_at", offset(customer.created_at))
        .set("updated_at", millis(archived(customer, now).unwrap_or(customer.created_at)))
        .set("archived_at", archived(customer, now).map(zulu))
        .some("current_billable_status", (place % 5 == 1).then_some(billable))
        // A field that no document tells of: the real API adds such without notice.
        .some("onboarding_stage", (place % 3 == 1).then(|| Object::new().set("step", 3_i64).set("done", false)))
}

fn all<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let ids = ask.texts("customer_ids");
    let salesforce = ask.texts("salesforce_account_ids");
    let alias = ask.text("ingest_alias");
    let kept: Vec<u32> = (0..ask.account.customers.len())
        .filter(|place| {
            let customer = &ask.account.customers[*place];
            archived(customer, ask.now).is_some() == ask.flag("only_archived")
                && ids.as_ref().is_none_or(|ids| ids.contains(&customer.id.as_str()))
                && alias.is_none_or(|alias| customer.aliases.iter().any(|own| own == alias))
                && salesforce.as_ref().is_none_or(|all| {
                    ask.account.salesforce_account(*place).is_some_and(|own| all.contains(&own.as_str()))
                })
        })
        .map(|place| place as u32)
        .collect();
    Ok(Answer::rows(kept, |place| detail(ask.account, *place as usize, ask.now).into()))
}

fn one<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    Ok(Answer::One(detail(ask.account, ask.place()?, ask.now).into()))
}

/// The configuration that contracts name too.
pub fn provider_configuration(account: &Account, place: usize) -> Option<Json> {
    let (provider, id) = account.billing_provider(place)?;
    Some(
        Object::new()
            .set("id", account.id("billing provider configuration", &[place as u64]))
            .set("billing_provider", provider)
            .set("customer_id", &account.customers[place].id)
            .set(
                "configuration",
                Object::new().set("stripe_customer_id", id).set("stripe_collection_method", "charge_automatically"),
            )
            .set("delivery_method_id", account.id("delivery method", &[]))
            .set("delivery_method", "direct_to_billing_provider")
            .set("delivery_method_configuration", Object::new())
            .set("archived_at", None::<&str>)
            .into(),
    )
}

fn providers<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    Ok(Answer::rows(provider_configuration(ask.account, ask.place()?).into_iter().collect(), Json::clone))
}

fn billing_config<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let place = ask.place()?;
    let asked = ask.path.get(1).map(String::as_str).unwrap_or_default();
    let Some((_, id)) = ask.account.billing_provider(place).filter(|(provider, _)| *provider == asked) else {
        return Err(super::refusal::Refusal::missing("billing configuration"));
    };
    let config =
        Object::new().set("billing_provider_customer_id", id).set("stripe_collection_method", "charge_automatically");
    Ok(Answer::One(config.into()))
}

fn configured<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let stripe = Object::new()
        .set("billing_provider", "stripe")
        .set("delivery_method_id", ask.account.id("delivery method", &[]))
        .set("delivery_method", "direct_to_billing_provider")
        .set("delivery_method_configuration", Object::new());
    let whole = Object::new().set("data", vec![stripe.into()]).set("next_page", None::<&str>);
    Ok(Answer::Whole(whole.into()))
}

fn revenue<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    ask.place()?;
    Ok(Answer::rows(Vec::<Json>::new(), Json::clone))
}
