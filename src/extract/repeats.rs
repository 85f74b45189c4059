//! Answers that were given before are not kept again. Where the same requests had the same answers as in the last read of an
//! endpoint that is in landing, its journal goes as soon as it is whole: everything that could be made of it is made of the
//! earlier one. That the endpoint was read again stays on record, but where the same was read on the same day.

use std::collections::{BTreeMap, HashMap};

use tracing::info;

use crate::error::Result;
use crate::place::journal::Reader;
use crate::place::landing::{Extraction, Landing, Outcome};
use crate::printer::counted;
use crate::value::timestamp::midnight;

/// Drops the journals of this extraction that repeat earlier ones, and all of it where nothing else is in it that is new today.
/// Returns the endpoints whose answers were the same.
///
/// # Errors
/// Failed when landing cannot be read or changed; damaged (exit 5) when a journal is not as it was written.
pub fn drop_repeated(landing: &Landing, id: &str) -> Result<Vec<String>> {
    let mut extractions = landing.extractions()?;
    let Some(place) = extractions.iter().position(|extraction| extraction.plan.id == id) else {
        return Ok(Vec::new());
    };
    let (older, rest) = extractions.split_at_mut(place);
    let Some(extraction) = rest.first_mut() else { return Ok(Vec::new()) };
    let mut repeated = BTreeMap::new();
    for (name, outcome) in extraction.ended.iter().flat_map(|ended| &ended.endpoints) {
        let kept = older.iter().rev().find(|older| complete(older, name).is_some_and(|outcome| !outcome.is_dropped));
        if let Some(kept) = kept.filter(|_| outcome.error.is_none() && !outcome.is_dropped)
            && repeats(extraction, kept, name)?
        {
            repeated.insert(name.clone(), kept.plan.id.clone());
        }
    }
    let names: Vec<_> = repeated.keys().cloned().collect();
    if repeated.is_empty() {
        return Ok(names);
    }
    let was_read_today = |name: &String| {
        let last = older.iter().rev().find(|older| complete(older, name).is_some());
        last.is_some_and(|last| midnight(last.plan.began_at) == midnight(extraction.plan.began_at))
    };
    if extraction.plan.endpoints.keys().all(|name| repeated.contains_key(name) && was_read_today(name)) {
        info!(extraction = id, "every answer is as it was today: nothing is kept of them");
        extraction.remove()?;
    } else {
        let journals = counted(names.len() as u64, "journal");
        info!(extraction = id, journals = names.len(), "{journals} would hold the answers of an earlier one: not kept");
        extraction.drop_repeated(&repeated)?;
    }
    Ok(names)
}

/// How a read of an endpoint ended that is complete.
fn complete<'a>(extraction: &'a Extraction, name: &str) -> Option<&'a Outcome> {
    let outcome = extraction.ended.as_ref()?.endpoints.get(name)?;
    Some(outcome).filter(|outcome| outcome.error.is_none())
}

/// Whether two complete reads of an endpoint asked for the same and were answered the same, whatever the order.
fn repeats(extraction: &Extraction, kept: &Extraction, name: &str) -> Result<bool> {
    let (Some(now), Some(then)) = (complete(extraction, name), complete(kept, name)) else { return Ok(false) };
    // A log that was gone on with, and had no entry more.
    let went_on_from = extraction.plan.endpoints.get(name).and_then(|reading| reading.cursor.as_ref());
    if now.rows == 0 && went_on_from.is_some() && went_on_from == now.cursor.as_ref() {
        return Ok(true);
    }
    let days = |extraction: &Extraction| {
        let reading = extraction.plan.endpoints.get(name)?;
        // How far back newest first goes shows in the answers; days are replaced whether or not they show anything.
        reading.until.map(|until| (reading.from, until))
    };
    if extraction.plan.base_url != kept.plan.base_url
        || days(extraction) != days(kept)
        || (now.answers, now.rows, &now.cursor) != (then.answers, then.rows, &then.cursor)
    {
        return Ok(false);
    }
    Ok(answers(extraction, name)? == answers(kept, name)?)
}

/// The answers of a journal but for when they came, each with how often it is there.
fn answers(extraction: &Extraction, name: &str) -> Result<HashMap<u128, u64>> {
    let mut reader = Reader::open(&extraction.journal(name))?;
    let mut found = HashMap::new();
    while let Some(answer) = reader.next_answer()? {
        *found.entry(answer.about.fingerprint()).or_default() += 1;
    }
    Ok(found)
}
