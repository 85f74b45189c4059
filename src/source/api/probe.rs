//! One request to each endpoint, to say which of them a token may read.

use std::sync::Arc;

use tokio::time::{Instant, sleep_until};

use super::client::{Client, Failed};
use super::pace::Pace;
use super::page::{self, Wanted};
use super::request::{Series, parts};
use super::retry::{self, Decision, Tried, Trouble};
use crate::catalog::endpoint::{Endpoint, Per, Read};
use crate::error::{Error, Result};
use crate::place::landing::Reading;
use crate::settings::{Api, Token};
use crate::value::timestamp;
use url::Url;

/// What one request told of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probed {
    /// Which endpoint.
    pub endpoint: &'static str,
    /// What it said.
    pub answer: Probe,
}

/// What an endpoint said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// It may be read.
    Readable,
    /// There is no row of this endpoint to ask for.
    NothingToAskFor(&'static str),
    /// The token may not read it.
    Denied(Error),
    /// Neither: what happened.
    Failed(Error),
}

/// Asks each endpoint once, in an order in which parents come before those that need their ids, at the rate set. `now` is
/// in microseconds since the epoch; of endpoints that are read by days it asks for the day before yesterday.
///
/// # Errors
/// Auth (exit 4) where the token is not accepted at all; temporary (exit 75) where the API cannot be reached; usage for an
/// address the token is not sent to.
pub async fn probe(
    endpoints: &[&'static Endpoint],
    api: &Api,
    base_url: &Url,
    token: &Token,
    now: i64,
) -> Result<Vec<Probed>> {
    let client = Client::new(base_url, token, api)?;
    let mut pace = Pace::new(api.rate, Instant::now());
    let days_ago = |days: i64| Some(timestamp::midnight(now) - days * timestamp::MICROS_PER_DAY);
    let reading = Reading { from: days_ago(2), until: days_ago(1), cursor: None };
    let mut rows: Vec<(&'static [Per], Arc<[String]>)> = Vec::new();
    let mut left: Vec<&'static Endpoint> = endpoints.to_vec();
    let mut probed = Vec::new();
    while !left.is_empty() {
        let waits = |endpoint: &&'static Endpoint| {
            endpoint.per.first().is_some_and(|per| left.iter().any(|other| other.name == per.endpoint))
        };
        let (ready, waiting): (Vec<_>, Vec<_>) = left.iter().copied().partition(|endpoint| !waits(endpoint));
        // Those that wait for each other will wait for ever.
        let (ready, waiting) = if ready.is_empty() { (waiting, Vec::new()) } else { (ready, waiting) };
        for endpoint in ready {
            let parent = endpoint.per.first().map(|per| per.endpoint);
            let first_row = rows.iter().find(|(per, _)| *per == endpoint.per).map(|(_, values)| values.clone());
            let answer = match (parent, first_row) {
                (Some(parent), None) => Probe::NothingToAskFor(parent),
                (_, values) => {
                    sleep_until(pace.opens_at()).await;
                    pace.take(Instant::now());
                    let part = parts(endpoint, &reading)?.first().copied().unwrap_or_default();
                    let series = Series { endpoint, values: values.unwrap_or_else(|| Arc::from([])), part };
                    let children = children_of(endpoint, endpoints);
                    match ask(&client, &series, children.clone()).await? {
                        Ok(page) => {
                            let found = children.into_iter().zip(page.children);
                            rows.extend(found.filter_map(|(per, found)| Some((per, found.into_iter().next()?))));
                            Probe::Readable
                        }
                        Err(answer) => answer,
                    }
                }
            };
            probed.push(Probed { endpoint: endpoint.name, answer });
        }
        left = waiting;
    }
    Ok(probed)
}

/// What the others take from its rows.
fn children_of(endpoint: &Endpoint, others: &[&'static Endpoint]) -> Vec<&'static [Per]> {
    let mut children: Vec<&'static [Per]> = Vec::new();
    for other in others {
        if other.per.first().is_some_and(|per| per.endpoint == endpoint.name) && !children.contains(&other.per) {
            children.push(other.per);
        }
    }
    children
}

async fn ask(
    client: &Client,
    series: &Series,
    children: Vec<&'static [Per]>,
) -> Result<std::result::Result<page::Page, Probe>> {
    let request = match series.request(None, Some(1)) {
        Ok(request) => request,
        Err(error) => return Ok(Err(Probe::Failed(error))),
    };
    let endpoint = series.endpoint;
    let wanted = Wanted { paging: endpoint.paging, back_to: None, children };
    let trouble = match client.ask(&request).await {
        Ok((_, body)) => match page::read(&body, &wanted, &series.asked()) {
            Ok(page) => return Ok(Ok(page)),
            Err(reason) => Trouble::Unfit(reason),
        },
        Err(Failed { trouble, .. }) => trouble,
    };
    let target = format!("{} {}", request.verb(), endpoint.path);
    let has_parent = !endpoint.per.is_empty();
    let tried = Tried { attempt: 1, may_repeat: false, page: 1, has_parent, target: &target, seed: "" };
    let is_denied = matches!(trouble, Trouble::Refused { status: 403, .. });
    Ok(Err(match retry::decide(&trouble, tried) {
        Decision::Stop(error) if is_denied => Probe::Denied(error),
        Decision::Stop(error) => return Err(error),
        Decision::Gone => Probe::Readable,
        Decision::Fail(error) => Probe::Failed(error),
        Decision::Again { .. } | Decision::BeginAgain => {
            Probe::Failed(Error::temporary(format!("{target} was not answered")))
        }
    }))
}

/// What a run would ask of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Which endpoint.
    pub endpoint: &'static str,
    /// The endpoint for each of whose rows it is asked; none where it stands alone.
    pub per: Option<&'static str>,
    /// Series of requests for each such row, or in all; each has one page or more.
    pub series: u64,
    /// Whether only a part of it is read: days, the newest, or from a cursor on.
    pub is_part: bool,
}

/// What a run would ask, without asking it. Pure.
///
/// # Errors
/// Failed where a reading lacks days.
pub fn planned<'a>(
    endpoints: &[&'static Endpoint],
    reading: impl Fn(&str) -> Option<&'a Reading>,
) -> Result<Vec<Planned>> {
    let plan = |endpoint: &&'static Endpoint| {
        let reading = reading(endpoint.name).cloned().unwrap_or_default();
        Ok(Planned {
            endpoint: endpoint.name,
            per: endpoint.per.first().map(|per| per.endpoint),
            series: parts(endpoint, &reading)?.len() as u64,
            is_part: match endpoint.read {
                Read::Whole => false,
                Read::Days { .. } => true,
                Read::NewestFirst { .. } => reading.from.is_some(),
                Read::Log => reading.cursor.is_some(),
            },
        })
    };
    endpoints.iter().map(plan).collect()
}
