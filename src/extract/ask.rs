//! Asking the API: goes on with an extraction that was cut off, or begins one, and says how it ended.

use std::collections::BTreeMap;
use std::time::Instant;

use tracing::warn;

use super::account::Account;
use super::plan::{Wanted, readings};
use super::repeats::drop_repeated;
use crate::catalog::endpoint::Endpoint;
use crate::catalog::{self, Table};
use crate::error::{Error, Result};
use crate::place::landing::{Extraction, Landing, Plan, Reading};
use crate::printer::counted;
use crate::receipt::Receipt;
use crate::run::Run;
use crate::settings::{Api, Settings};
use crate::source::api::{self as source, Clock};
use crate::value::timestamp::MICROS_PER_DAY;

/// What came of asking.
pub struct Asked {
    /// One line an endpoint.
    pub receipts: Vec<Receipt>,
    /// What failed for good, endpoint by endpoint: nothing of these counts.
    pub failures: Vec<Error>,
}

/// What a run would ask.
pub struct Intended {
    /// The extraction that was cut off and goes on, if one does.
    pub cut_off: Option<Extraction>,
    /// The plan of a new one.
    plan: Plan,
    /// When the last answer of earlier ones came: microseconds since the epoch.
    after: i64,
}

impl Intended {
    /// What is to be read of each endpoint.
    pub fn readings(&self) -> &BTreeMap<String, Reading> {
        self.cut_off.as_ref().map_or(&self.plan.endpoints, |cut_off| &cut_off.plan.endpoints)
    }
}

/// What a run would ask of an account, from what landing and the lake hold. Asks nothing.
///
/// # Errors
/// Usage (exit 2) when no day is wanted; damaged (exit 5) when landing cannot be
/// read.
pub fn intend(account: &Account, wanted: &Wanted, settings: &Settings, api: &Api, run: &Run) -> Result<Intended> {
    let landed = Landing::new(&settings.landing).extractions()?;
    let ended = landed.iter().filter_map(|extraction| extraction.ended.as_ref()).map(|ended| ended.ended_at).max();
    let after = wanted.history.last_instant().max(ended).unwrap_or(i64::MIN);
    let now = account.now_micros().max(after.saturating_add(1));
    let window = api.window.map(|window| window.days(now)).transpose()?;
    let plan = Plan {
        id: run.id.clone(),
        began_at: now,
        base_url: account.name.clone(),
        etl_version: env!("CARGO_PKG_VERSION").to_owned(),
        endpoints: readings(wanted, api, window, now),
    };
    let cut_off = landed.into_iter().next_back().filter(|last| last.ended.is_none());
    let (going_on, left) = match cut_off {
        Some(last) if fits(&last, &plan, window, api) => (Some(last), None),
        other => (None, other),
    };
    if let Some(last) = left {
        let id = &last.plan.id;
        warn!(
            extraction = id,
            "extraction {id} was cut off, but asked for other things or is too old: it is left alone"
        );
    }
    Ok(Intended { cut_off: going_on, plan, after })
}

/// Asks an account. What was answered is durable when this returns, also when it fails.
///
/// # Errors
/// Auth (exit 4) when the token is refused; temporary (exit 75) when the account cannot be reached or the time for it is
/// over; failed when landing cannot be written; else as [`intend`]. What was answered stays, and the next run goes on.
pub async fn ask(account: &Account, wanted: Wanted, settings: &Settings, api: &Api, run: &Run) -> Result<Asked> {
    let Intended { cut_off, plan, after } = intend(account, &wanted, settings, api, run)?;
    let started = Instant::now();
    let mut extraction = match cut_off {
        Some(cut_off) => cut_off,
        None => Landing::new(&settings.landing).begin(plan)?,
    };
    let failures = source::extract(
        &mut extraction,
        source::Extract {
            endpoints: &wanted.endpoints,
            api,
            base_url: &account.base_url,
            token: &account.token,
            clock: account,
            after,
        },
    )
    .await?;
    let repeated = drop_repeated(&Landing::new(&settings.landing), &extraction.plan.id)?;
    let milliseconds = started.elapsed().as_millis() as u64;
    let outcomes = extraction.ended.iter().flat_map(|ended| &ended.endpoints);
    let receipts = outcomes.map(|(endpoint, outcome)| Receipt {
        stage: "extract".to_owned(),
        item: format!("api.{endpoint}"),
        rows: outcome.rows,
        files: u64::from(outcome.error.is_none() && !repeated.contains(endpoint)),
        bytes: 0,
        milliseconds,
        note: match &outcome.error {
            None if repeated.contains(endpoint) => {
                format!("{}, answered as before", counted(outcome.requests, "request"))
            }
            None => counted(outcome.requests, "request"),
            Some(_) => "failed: nothing of it is taken".to_owned(),
        },
    });
    Ok(Asked { receipts: receipts.collect(), failures: failures.into_iter().map(|failure| failure.error).collect() })
}

/// The endpoints that these tables are made from, and those whose rows they are asked for.
///
/// # Errors
/// Usage (exit 2) when the setting `tables` names no endpoint.
pub fn endpoints(tables: &[&'static Table], api: &Api) -> Result<Vec<&'static Endpoint>> {
    if let Some(pattern) = &api.tables {
        let known: Vec<_> = catalog::endpoints().map(|endpoint| endpoint.name).collect();
        pattern.require_some("endpoint", &known)?;
    }
    let is_wanted = |endpoint: &&'static Endpoint| {
        tables.iter().any(|table| table.endpoint() == Some(*endpoint))
            && api.tables.as_ref().is_none_or(|pattern| pattern.matches(endpoint.name))
    };
    let wanted: Vec<_> = catalog::endpoints().filter(is_wanted).collect();
    Ok(source::with_parents(&wanted, catalog::endpoints()))
}

/// Whether an extraction that was cut off can go on as what is wanted now.
fn fits(last: &Extraction, wanted: &Plan, window: Option<(i64, i64)>, api: &Api) -> bool {
    let plan = &last.plan;
    let is_young = wanted.began_at - plan.began_at <= i64::from(api.resume_days) * MICROS_PER_DAY;
    let is_same = plan.base_url == wanted.base_url && plan.endpoints.keys().eq(wanted.endpoints.keys());
    let mut days = plan.endpoints.values().filter_map(|reading| reading.from.zip(reading.until));
    is_young && is_same && window.is_none_or(|window| days.all(|days| days == window))
}
