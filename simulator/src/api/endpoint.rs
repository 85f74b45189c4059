//! An endpoint as data: where it is, what may be said to it, how it pages, and the function that answers.

use super::ask::Ask;
use super::field::Field;
use super::json::Json;
use super::refusal::Refusal;

/// How an endpoint pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// `data` and nothing else.
    None,
    /// Query `limit` and `next_page`; the answer's `next_page` is null at the end.
    Query {
        /// Highest and default page size.
        most: u64,
        /// Whether the last page has no `next_page` at all.
        omits_last: bool,
    },
    /// Query `next_page`, pages of a size of the server's own.
    QueryFixed(u64),
    /// Body `limit` and `next_page`.
    Body(u64),
    /// Body `limit` and `cursor`; the answer's field is named.
    Cursor(u64, &'static str),
    /// Body `limit` and `cursor`; the answer has `pagination`.
    Seats,
    /// Like [`Paging::Query`], but the answer's cursor is never null: it waits for more.
    Endless,
}

/// Rows made one at a time, so that no list is longer than a page.
pub struct Rows<'a> {
    /// How many there are.
    pub count: usize,
    /// The most that fit into an answer, whatever the limit.
    pub most: usize,
    /// Makes one.
    pub row: Box<dyn Fn(usize) -> Json + 'a>,
}

/// What an endpoint answers.
pub enum Answer<'a> {
    /// `data` is this.
    One(Json),
    /// `data` is a page of these.
    Rows(Rows<'a>),
    /// The body is this.
    Whole(Json),
}

impl<'a> Answer<'a> {
    /// Rows from things that are at hand.
    pub fn rows<T: 'a>(things: Vec<T>, row: impl Fn(&T) -> Json + 'a) -> Self {
        Self::Rows(Rows { count: things.len(), most: usize::MAX, row: Box::new(move |place| row(&things[place])) })
    }
}

/// What a function that answers is.
pub type Reply<'a> = Result<Answer<'a>, Refusal>;

/// One endpoint.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// With `{name}` for the parts that stand for something.
    pub path: &'static str,
    /// How it pages.
    pub paging: Paging,
    /// Its query parameters, without those of its paging.
    pub query: &'static [Field],
    /// Its body fields, without those of its paging.
    pub body: &'static [Field],
    /// Answers.
    pub answer: for<'a> fn(&'a Ask<'a>) -> Reply<'a>,
}

impl Endpoint {
    /// Whether errors carry a code: on version 2.
    pub fn v2(&self) -> bool {
        self.path.starts_with("/v2/")
    }

    /// `GET /v1/customers`: what it is called in counts.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The parts of a path that stand for something, if the path is this endpoint's.
    pub fn matches(&self, path: &str) -> Option<Vec<String>> {
        let (own, given): (Vec<&str>, Vec<&str>) = (self.path.split('/').collect(), path.split('/').collect());
        if own.len() != given.len() {
            return None;
        }
        let mut parts = Vec::new();
        for (own, given) in own.iter().zip(given) {
            if own.starts_with('{') {
                parts.push(given.to_owned());
            } else if *own != given {
                return None;
            }
        }
        Some(parts)
    }
}
