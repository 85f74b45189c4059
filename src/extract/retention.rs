//! How long journals stay in landing: those that a later read stands for go after the days that the settings say. What no
//! later read repeats (days of usage, a log) stays: the lake could not be made again without it.

use tracing::info;

use super::account::Account;
use crate::catalog;
use crate::catalog::endpoint::Read;
use crate::error::Result;
use crate::place::landing::{Extraction, Landing};
use crate::printer::counted;
use crate::settings::{Api, Settings};
use crate::source::api::Clock;
use crate::value::timestamp::MICROS_PER_DAY;

/// Removes journals that were kept long enough.
///
/// # Errors
/// Failed when landing cannot be read or a journal not removed; damaged (exit 5) when an outcome cannot be read.
pub fn drop_old(account: &Account, api: &Api, settings: &Settings) -> Result<()> {
    let days = api.keep_days;
    let before = account.now_micros() - i64::from(days) * MICROS_PER_DAY;
    let mut extractions = Landing::new(&settings.landing).extractions()?;
    for place in 0..extractions.len() {
        let (older, later) = extractions.split_at_mut(place + 1);
        let Some(extraction) = older.last_mut() else { continue };
        let old: Vec<_> = replaced(extraction, later, before).map(str::to_owned).collect();
        if !old.is_empty() {
            let (journals, days) = (counted(old.len() as u64, "journal"), counted(days.into(), "day"));
            let id = &extraction.plan.id;
            info!(extraction = id, journals = old.len(), "removing {journals} of extraction {id}, older than {days}");
            extraction.drop_journals(&old)?;
        }
    }
    Ok(())
}

/// Endpoints whose journals in an old extraction are replaced by later ones.
fn replaced<'a>(extraction: &'a Extraction, later: &'a [Extraction], before: i64) -> impl Iterator<Item = &'a str> {
    let ended = extraction.ended.iter().filter(move |ended| ended.ended_at < before);
    let journals = ended.flat_map(|ended| &ended.endpoints).filter(|(_, outcome)| !outcome.is_dropped);
    let names = journals.filter(|(_, outcome)| outcome.error.is_none()).map(|(name, _)| name.as_str());
    names.filter(move |name| later.iter().any(|later| is_all_of(later, name)))
}

/// Whether an extraction read an endpoint completely, and all of it.
fn is_all_of(extraction: &Extraction, name: &str) -> bool {
    let outcome = extraction.ended.as_ref().and_then(|ended| ended.endpoints.get(name));
    // What was the same as before was not kept: it is the earlier journal that has it.
    let is_complete = outcome.is_some_and(|outcome| outcome.error.is_none() && outcome.repeats.is_none());
    let reading = extraction.plan.endpoints.get(name);
    let endpoint = catalog::endpoints().find(|endpoint| endpoint.name == name);
    is_complete
        && match endpoint.map(|endpoint| endpoint.read) {
            Some(Read::Whole) => true,
            Some(Read::NewestFirst { .. }) => reading.is_some_and(|reading| reading.from.is_none()),
            _ => false,
        }
}
