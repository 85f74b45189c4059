//! Takes an extraction up again: reads what its journals hold, so that nothing in them is asked for again.

use std::path::PathBuf;

use super::page::{self, Page};
use super::retry::is_gone;
use super::schedule::Schedule;
use crate::error::{Error, Result};
use crate::place::journal::Reader;

/// What the journals hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Where the last whole answer of each journal ends, in the order of the targets.
    pub whole_bytes: Vec<u64>,
    /// When the last answer was received; 0 where there is none.
    pub received_at: i64,
    /// Answers in all of them.
    pub answers: u64,
}

/// Reads the journals at these paths, one for each target of the schedule in their order. Those that are not there are
/// empty.
///
/// # Errors
/// Failed when one cannot be read; damaged (exit 5) when it is not as it was written.
pub fn replay(schedule: &mut Schedule, paths: &[PathBuf]) -> Result<Held> {
    let mut held = Held::default();
    for (target, path) in paths.iter().enumerate() {
        let mut whole_bytes = 0;
        if path.exists() {
            let mut reader = Reader::open(path)?;
            while let Some(answer) = reader.next_answer()? {
                let about = answer.about;
                let this = &schedule.targets[target];
                let page = match is_gone(about.status) {
                    true => Ok(Page::default()),
                    false => page::read(&answer.body, &this.wanted, &about.asked),
                };
                let number = this.outcome.answers + 1;
                let taken = page.and_then(|page| {
                    let outcome = &mut schedule.targets[target].outcome;
                    outcome.answers = number;
                    outcome.requests += 1;
                    outcome.rows += page.rows;
                    schedule.replay(target, &about.series, about.page, page)
                });
                taken.map_err(|reason| {
                    Error::damaged(format!("{}: answer {number}: {reason}", path.display()))
                        .hint("remove the folder of this extraction; the next run begins another")
                })?;
                held.received_at = held.received_at.max(about.received_at);
                held.answers += 1;
            }
            whole_bytes = reader.whole_bytes();
        }
        held.whole_bytes.push(whole_bytes);
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::endpoint::{Endpoint, Paging};
    use crate::place::journal::{About, Answer, Writer};
    use crate::place::landing::Plan;

    static LOG: Endpoint = Endpoint { name: "log", path: "/log", paging: Paging::Log { limit: 2 }, ..Endpoint::NEW };

    /// What is held after these answers: page, status, body.
    fn held(answers: &[(u32, u16, &str)]) -> (Result<Held>, Schedule) {
        let plan = Plan {
            id: "x".to_owned(),
            began_at: 0,
            base_url: String::new(),
            etl_version: String::new(),
            endpoints: Default::default(),
        };
        let mut schedule = Schedule::new(&[&LOG], &plan).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.journal.zst");
        let mut writer = Writer::open(&path, 0).unwrap();
        for (page, status, body) in answers {
            let about = About {
                series: String::new(),
                page: *page,
                asked: Default::default(),
                method: "GET".to_owned(),
                path: "/log".to_owned(),
                request_body: None,
                status: *status,
                received_at: i64::from(*page) * 10,
                sha256: String::new(),
            };
            writer.append(&Answer { about, body: body.as_bytes().to_vec() }).unwrap();
        }
        (replay(&mut schedule, &[path]), schedule)
    }

    #[test]
    fn rows_cursor_and_time_are_those_of_the_answers() {
        let (held, schedule) =
            held(&[(1, 200, r#"{"data":[1,2],"next_page":"b"}"#), (2, 200, r#"{"data":[],"next_page":"b"}"#)]);
        let held = held.unwrap();
        assert_eq!((held.answers, held.received_at), (2, 20));
        assert!(held.whole_bytes[0] > 0);
        let outcome = &schedule.targets[0].outcome;
        assert_eq!((outcome.answers, outcome.rows, outcome.requests), (2, 2, 2));
        assert_eq!(outcome.cursor.as_deref(), Some("b"));
        assert_eq!(schedule.replayed(), 1);
    }

    #[test]
    fn a_list_that_was_begun_again_counts_from_its_last_beginning() {
        let page = r#"{"data":[1,2],"next_page":"b"}"#;
        let (held, _) = held(&[(1, 200, page), (1, 200, page)]);
        assert_eq!(held.unwrap().answers, 2);
    }

    #[test]
    fn an_answer_that_cannot_follow_is_damage_and_is_named() {
        for answers in [&[(2, 200, r#"{"data":[]}"#)][..], &[(1, 200, "{}")], &[(1, 200, "no")]] {
            let error = held(answers).0.unwrap_err();
            assert!(error.exit_code() == 5 && error.to_string().contains("answer 1"), "{error}");
        }
    }

    #[test]
    fn what_is_gone_has_no_rows_whatever_its_body() {
        let (held, schedule) = held(&[(1, 404, "not found")]);
        assert_eq!((held.unwrap().answers, schedule.targets[0].outcome.rows), (1, 0));
    }
}
