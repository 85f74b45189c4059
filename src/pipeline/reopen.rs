//! `etl reopen`: undoes the newest close. The close stays on record with the reason, its pack is set aside, and what it posted
//! counts no more.

use std::path::PathBuf;
use std::time::Instant;

use super::check_logs;
use crate::catalog::runs::{CLOSES, RESTATEMENTS};
use crate::closes::{Close, name_of};
use crate::error::{Error, Result};
use crate::place::artifacts::rename;
use crate::place::lake::Lake;
use crate::place::records::{Row, cell, commit_rows, published_rows};
use crate::receipt::Receipt;
use crate::run::{Run, RunRecord, require_lake};
use crate::settings::{Place, ReopenOrder, Settings};

/// A close that was undone.
#[derive(Debug)]
pub struct Reopened {
    /// The run that did it.
    pub run_id: String,
    /// The month, as people write it.
    pub month: String,
    /// The close.
    pub closed_run_id: String,
    /// Where its pack stands now, if it was there.
    pub pack: Option<PathBuf>,
    /// The newest month that is closed still.
    pub closed_until: Option<String>,
}

/// Undoes the close of a month, which must be the newest one.
///
/// # Errors
/// Usage (exit 2) where the month is not closed, or another was closed after it; else as the lake's own.
pub async fn reopen(settings: &Settings, order: &ReopenOrder) -> Result<Reopened> {
    let started = Instant::now();
    let run = Run::begin();
    let lake = Lake::open(&settings.lake)?;
    require_lake(&lake)?;
    let _lock = lake.lock(&run.id, settings.wait_lock).await?;
    let base = RunRecord::newest(&lake).await?.unwrap_or_default();
    check_logs(&lake, &base)?;
    let month = name_of(order.month);
    let mut closes = Close::all(&lake, &base.versions).await?;
    let newest = match closes.pop() {
        Some(newest) if newest.period == order.month => newest,
        newest => return Err(not_the_newest(&month, newest.as_ref(), &closes, order)),
    };
    let before = closes.pop();

    let mut next = base.followed_by(&run, "reopen");
    let reopened = |mut row: Row| -> Row {
        if cell(&CLOSES, &row, "run_id") == Some(&newest.run_id) {
            for (name, value) in
                [("reopened_at", &run.started_at), ("reopen_reason", &order.reason), ("reopen_run_id", &run.id)]
            {
                if let Some(place) = CLOSES.columns.iter().position(|column| column.name == name) {
                    row[place] = Some(value.clone());
                }
            }
        }
        row
    };
    let rows = published_rows(&lake, &CLOSES, &base.versions).await?.into_iter().map(reopened).collect();
    let version = commit_rows(&lake, &CLOSES, rows, true, &run.id, run.started_at_millis).await?;
    next.versions.insert(CLOSES.name.to_owned(), version);
    // Where a close stands, the next run works out what moved since; where none does, nothing is closed that could move.
    if before.is_none() && base.versions.contains_key(RESTATEMENTS.name) {
        let version = commit_rows(&lake, &RESTATEMENTS, Vec::new(), true, &run.id, run.started_at_millis).await?;
        next.versions.insert(RESTATEMENTS.name.to_owned(), version);
    }
    // Before it is published: a close that stands makes its pack again when it is asked for.
    let pack = set_aside(&settings.closes, &month, &newest, &run.id)?;
    let receipt = Receipt {
        stage: "reopen".to_owned(),
        item: month.clone(),
        milliseconds: started.elapsed().as_millis() as u64,
        note: order.reason.clone(),
        ..Receipt::default()
    };
    next.publish(&lake, &run, &[receipt]).await?;
    lake.clear_staging(&run.id);
    Ok(Reopened {
        run_id: run.id,
        month,
        closed_run_id: newest.run_id,
        pack,
        closed_until: before.map(|close| name_of(close.period)),
    })
}

fn not_the_newest(month: &str, newest: Option<&Close>, others: &[Close], order: &ReopenOrder) -> Error {
    let Some(newest) = newest else {
        return Error::usage(format!("{month} is not closed")).hint("no month is");
    };
    let name = name_of(newest.period);
    if others.iter().any(|close| close.period == order.month) {
        return Error::usage(format!("{month} was closed before {name}, which builds on it"))
            .hint(format!("reopen {name} first"));
    }
    let how = if newest.period > order.month { "no close is of it alone" } else { "it is not closed" };
    Error::usage(format!("{month} cannot be reopened: {how}"))
        .hint(format!("the newest close is {name}: `etl reopen {name} --reason TEXT`"))
}

/// Moves the pack of a close to a name that no close has.
fn set_aside(closes: &Place, month: &str, close: &Close, run_id: &str) -> Result<Option<PathBuf>> {
    let aside = closes.below(&format!("{month}-reopened-{}", close.run_id));
    Ok(rename(&closes.below(month), &aside, run_id)?.then(|| aside.address()))
}
