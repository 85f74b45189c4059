//! Tables that are made from the answers of one endpoint: their journals are read once, for all of them.
//!
//! One walk finds keys and typed rows of every table. The rows are kept until it is known which of them are superseded;
//! the others are written then. The outcome for each table is the one it would have alone.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::answers::Reading;
use super::decode::KeyColumns;
use super::decoded;
use super::feed::{Drawn, Feed, Rows};
use super::findings::{Findings, UnitRows, bad_rows};
use super::kept::{Kept, KeptUnit};
use super::keys::{KeyRecords, Rule, Superseded};
use super::merge::{Census, Merge, Merged};
use super::writers::Writers;
use crate::error::Result;
use crate::threads::{join, lock, unlock};

/// Merges tables of one endpoint whose new journals are the same ones.
///
/// # Errors
/// Data (exit 3) when an answer is none; failed when something cannot be read or written.
pub fn merge(merges: &[Merge<'_>]) -> Result<Vec<Merged>> {
    let mut merged: Vec<Option<Merged>> = merges.iter().map(|_| None).collect();
    let mut excluded = vec![UnitRows::new(); merges.len()];
    let mut took = vec![Duration::ZERO; merges.len()];
    loop {
        let pending: Vec<_> = (0..merges.len()).filter(|number| merged[*number].is_none()).collect();
        if pending.is_empty() {
            return Ok(merged.into_iter().flatten().collect());
        }
        let mut began = Instant::now();
        let members =
            pending.iter().map(|number| Member::of(&merges[*number], excluded[*number].clone(), pending.len()));
        let walked = Walked::over(members.collect())?;
        for (number, outcome) in pending.into_iter().zip(walked.outcomes()) {
            let outcome = outcome?;
            // Reading counts for the first table.
            took[number] += std::mem::replace(&mut began, Instant::now()).elapsed();
            match outcome {
                Outcome::Merged(found) => merged[number] = Some(Merged { took: took[number], ..*found }),
                Outcome::Bad(bad) => excluded[number] = bad,
            }
        }
    }
}

/// What a walk leads to for a table.
enum Outcome {
    Merged(Box<Merged>),
    /// Bad rows must not supersede good ones: to be read again without these.
    Bad(UnitRows),
}

/// A table on a walk.
struct Member<'m> {
    merge: &'m Merge<'m>,
    excluded: UnitRows,
    records: KeyRecords,
    findings: Findings,
    /// Unit, delivery, rows.
    units: Mutex<Vec<(u32, usize, u32)>>,
}

/// Tables behind their walk, with all rows that were met.
struct Walked<'m> {
    members: Vec<Member<'m>>,
    kept: Vec<Mutex<Kept>>,
    drawn: Drawn,
}

impl<'m> Member<'m> {
    /// A table that is one of so many.
    fn of(merge: &'m Merge<'m>, excluded: UnitRows, of: usize) -> Self {
        let budget = merge.memory_bytes / 4 / of;
        Self {
            merge,
            excluded,
            records: KeyRecords::new(&merge.staging.join("_keys"), budget, Rule::Sets),
            findings: Findings::default(),
            units: Mutex::default(),
        }
    }

    /// Writes the rows that count, where it is known which do.
    fn outcome(self, number: usize, kept: &[Mutex<Kept>], drawn: &Drawn) -> Result<Outcome> {
        let Self { merge, excluded, records, findings, units } = self;
        let columns = KeyColumns::of(merge.table);
        merge.lake_keys(&columns, &merge.met_rows(&columns, None)?, &records)?;
        let superseded = records.superseded(merge.threads)?;
        let oddities = findings.finish();
        let bad = bad_rows(&oddities.quarantined);
        if bad != excluded && !superseded.is_empty() {
            return Ok(Outcome::Bad(bad));
        }
        let census = Census::of(unlock(units), merge.deliveries.len(), drawn.fingerprints.clone());
        let written = write(merge, number, kept, &superseded)?.finish()?;
        let mut merged = Merged::of(&census, &superseded, oddities, written, drawn.clone());
        merge.settle(&superseded, &mut merged)?;
        Ok(Outcome::Merged(Box::new(merged)))
    }
}

impl<'m> Walked<'m> {
    fn over(members: Vec<Member<'m>>) -> Result<Self> {
        let first = members[0].merge;
        let reading = Reading::of(members.iter().map(|member| {
            let Merge { table, schema, covers, .. } = member.merge;
            (*table, schema.clone(), *covers)
        }));
        let files = || members.iter().map(|member| member.merge.staging.clone());
        let budget = first.memory_bytes / 8 / first.threads;
        let kept: Vec<_> = (0..first.threads)
            .map(|worker| {
                let files = files().map(|staging| staging.join(format!("_rows-{worker}")));
                Mutex::new(Kept::new(budget, files))
            })
            .collect();
        let feed = Feed::new(first.table, first.deliveries, first.state.is_some(), None);
        feed.work(first.threads, |worker, unit| {
            let Rows::Answers(answers) = &unit.rows else { return Ok(()) };
            let delivery = &first.deliveries[unit.file];
            let excluded: Vec<_> = members.iter().map(|member| member.excluded.get(&unit.ordinal)).collect();
            let read = reading.read(unit.ordinal, answers, delivery, first.run_id, &excluded)?;
            for (number, (member, mut read)) in members.iter().zip(read).enumerate() {
                member.records.extend(&mut read.keys)?;
                lock(&member.units).push((unit.ordinal, unit.file, read.rows.num_rows() as u32));
                let is_newest = unit.file + 1 == first.deliveries.len();
                member.findings.take(read.oddities, member.merge.table, delivery, is_newest)?;
                let unit = KeptUnit { unit: unit.ordinal, file: unit.file, bad: read.bad };
                lock(&kept[worker]).keep(number, unit, read.rows)?;
            }
            Ok(())
        })?;
        Ok(Self { members, kept, drawn: feed.finish() })
    }

    /// What it leads to, table by table.
    fn outcomes(self) -> impl Iterator<Item = Result<Outcome>> + 'm {
        let Self { members, kept, drawn } = self;
        members.into_iter().enumerate().map(move |(number, member)| member.outcome(number, &kept, &drawn))
    }
}

/// Writes the rows of a table that count, each worker those that it has kept.
fn write(merge: &Merge<'_>, number: usize, kept: &[Mutex<Kept>], superseded: &Superseded) -> Result<Writers> {
    let writers = merge.writers();
    std::thread::scope(|scope| {
        let (writers, superseded) = (&writers, &superseded.delivered);
        let work = |(worker, mine): (usize, &Mutex<Kept>)| {
            lock(mine).take(number, |unit, rows| {
                let rows = decoded::kept(rows, &unit.bad, superseded.get(&unit.unit))?;
                writers.write(worker, unit.file, &rows)
            })
        };
        let workers: Vec<_> = kept.iter().enumerate().map(|mine| scope.spawn(move || work(mine))).collect();
        workers.into_iter().try_for_each(join)
    })?;
    Ok(writers)
}
