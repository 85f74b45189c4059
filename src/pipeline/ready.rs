//! Whether a month can be closed: it is over, the data go past its end, and nothing of it is still a draft. Whatever speaks
//! against it has a code, by which it is accepted with a reason.

use chrono::NaiveDate;

use crate::catalog::runs::EXTRACTIONS;
use crate::closes::{following, name_of};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::printer::text_of;

/// The month has not ended on the day of the run.
const NOT_ENDED: &str = "MONTH_NOT_ENDED";

/// What can speak against a close.
pub const CODES: [&str; 4] = [NOT_ENDED, "DATA_END_BEFORE_MONTH", "DELIVERY_MISSING", "DRAFTS_OPEN"];

/// Finds what speaks against a month in the data, from the models that were made.
const READY: &str = include_str!("ready.sql");

/// Something that speaks against a close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Its code.
    pub code: String,
    /// What was found.
    pub what: String,
}

/// Says that the month has not ended on this day, if it has not.
pub fn not_ended(month: NaiveDate, day: NaiveDate) -> Option<Obstacle> {
    (day < following(month)).then(|| Obstacle {
        code: NOT_ENDED.to_owned(),
        what: format!("{} has not ended: the day of the run is {day}", name_of(month)),
    })
}

/// What the data say against closing the month. The models that all reports read must be there.
///
/// # Errors
/// Failed when the query fails.
pub async fn obstacles(month: NaiveDate, engine: &mut Engine) -> Result<Vec<Obstacle>> {
    if let Some((schema, name)) = EXTRACTIONS.name.split_once('.') {
        engine.provide(&[(Some(schema.to_owned()), name.to_owned())]).await?;
    }
    let sql = READY.replace("{end}", &format!("{}T00:00:00Z", following(month)));
    let failed = |error| engine.query_failed("what speaks against the close", &error);
    let batches = engine.context.sql(&sql).await.map_err(failed)?.collect().await.map_err(failed)?;
    let mut found = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let cell = |place: usize| text_of(batch.column(place), row).map(Option::unwrap_or_default);
            found.push(Obstacle { code: cell(0)?, what: cell(1)? });
        }
    }
    Ok(found)
}

/// Refuses a close that something speaks against which was not accepted.
///
/// # Errors
/// Usage (exit 2) where the month has not ended; data (exit 3) else.
pub fn require(month: NaiveDate, obstacles: &[Obstacle], accepted: &[String]) -> Result<()> {
    let refused: Vec<_> = obstacles.iter().filter(|obstacle| !accepted.contains(&obstacle.code)).collect();
    let Some(first) = refused.first() else { return Ok(()) };
    let told: Vec<_> = refused.iter().map(|obstacle| format!("{} ({})", obstacle.what, obstacle.code)).collect();
    let name = name_of(month);
    let message = format!("{name} is not ready to be closed: {}", told.join("; "));
    let error = if first.code == NOT_ENDED { Error::usage(message) } else { Error::data(message) };
    let accept: Vec<_> = refused.iter().map(|obstacle| format!("--accept {}", obstacle.code)).collect();
    Err(error.hint(format!(
        "take in what came since with `etl run` and close it then; or, if it is to be closed so, `etl close {name} {} --reason TEXT`",
        accept.join(" ")
    )))
}
