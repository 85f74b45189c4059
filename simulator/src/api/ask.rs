//! A request that has been checked, and the account as of its moment.

use super::directory::Directory;
use super::refusal::Refusal;
use crate::account::{Account, Customer};
use crate::api::field::moment;
use crate::books::Books;
use crate::calendar::Millis;
use serde_json::{Map, Value};

/// One checked request.
#[derive(Debug)]
pub struct Ask<'a> {
    /// Whom it is about.
    pub account: &'a Account,
    /// Ids to places.
    pub directory: &'a Directory,
    /// When it is asked.
    pub now: Millis,
    /// The parts of the path that stand for something, in order.
    pub path: Vec<String>,
    /// Query parameters and body fields together: no endpoint has one name in both.
    pub given: Map<String, Value>,
    /// Whether the endpoint is one of version 2.
    pub v2: bool,
    /// Whether contract lists come in pages.
    pub paged_contracts: bool,
}

impl<'a> Ask<'a> {
    /// A text or id that may be given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).and_then(Value::as_str)
    }

    /// Whether a flag is given and true.
    pub fn flag(&self, name: &str) -> bool {
        self.given.get(name).and_then(Value::as_bool).unwrap_or_default()
    }

    /// A moment that may be given.
    pub fn moment(&self, name: &str) -> Option<Millis> {
        self.text(name).and_then(moment)
    }

    /// Whether a word is given and is this one, in any letter case.
    pub fn says(&self, name: &str, word: &str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    /// A list of texts that may be given.
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.given.get(name)?.as_array()?.iter().filter_map(Value::as_str).collect())
    }

    /// The place of the customer the path or the body names.
    pub fn place(&self) -> Result<usize, Refusal> {
        let id = self.text("customer_id").or_else(|| self.path.first().map(String::as_str)).unwrap_or_default();
        self.directory.customer(id).ok_or_else(|| Refusal::no_customer(self.v2))
    }

    /// The customer the path or the body names.
    pub fn customer(&self) -> Result<&'a Customer, Refusal> {
        Ok(&self.account.customers[self.place()?])
    }

    /// The books of that customer.
    pub fn books(&self) -> Result<Books, Refusal> {
        Ok(self.account.books(self.place()?, self.now))
    }
}
