//! Pricing units, as every object names them.

use super::ask::Ask;
use super::endpoint::{Answer, Endpoint, Paging, Reply};
use super::json::{Json, Object};
use crate::account::Account;
use crate::price_list::Currency;

/// The endpoints of this file.
pub const ENDPOINTS: &[Endpoint] = &[Endpoint {
    method: "GET",
    path: "/v1/credit-types/list",
    paging: Paging::Query { most: 100, omits_last: false },
    query: &[],
    body: &[],
    answer: all,
}];

/// `{"name", "id"}` of a unit.
pub fn credit_type(account: &Account, unit: Currency) -> Json {
    Object::new().set("name", unit.credit_type_name()).set("id", account.credit_type(unit)).into()
}

/// The unit of an id.
pub fn unit_of(account: &Account, id: &str) -> Option<Currency> {
    [Currency::Usd, Currency::Eur, Currency::Compute].into_iter().find(|unit| account.credit_type(*unit) == id)
}

fn all<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let units = vec![Currency::Usd, Currency::Eur, Currency::Compute];
    Ok(Answer::rows(units, |unit| {
        Object::new()
            .set("name", unit.credit_type_name())
            .set("id", ask.account.credit_type(*unit))
            .set("is_currency", *unit != Currency::Compute)
            .into()
    }))
}
