//! Which tables or reports are meant: a small shell-like pattern.

use crate::error::{Error, Result};
use crate::settings::given::{Given, GivenBy};
use crate::suggest::nearest;

/// Names separated by commas, in which `*` stands for any characters and `?` for one; upper and lower case differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    names: Vec<String>,
    by: GivenBy,
}

impl Pattern {
    pub(crate) fn parse(given: Given<String>) -> Result<Self> {
        let names: Vec<String> = given.value.split(',').map(|name| name.trim().to_owned()).collect();
        if names.iter().any(String::is_empty) {
            return Err(given.by.refuse(&given.value, "names separated by commas, such as `invoice*,line_item`"));
        }
        Ok(Self { names, by: given.by })
    }

    /// Whether a name is meant. Give the qualified one, `egress.invoice`: the pattern may name it or the bare `invoice`.
    pub fn matches(&self, name: &str) -> bool {
        self.names.iter().any(|pattern| means(pattern, name))
    }

    /// Checks that each part of the pattern means one of `names` at least; `what` says what those are, in the singular.
    ///
    /// # Errors
    /// Usage, naming the first part that means nothing and the name closest to it.
    pub fn require_some(&self, what: &str, names: &[&str]) -> Result<()> {
        let Some(lost) = self.names.iter().find(|pattern| !names.iter().any(|name| means(pattern, name))) else {
            return Ok(());
        };
        let error = Error::usage(format!("{} is `{lost}`, which is the name of no {what}", self.by));
        let candidates = names.iter().flat_map(|name| [bare(name), name]);
        Err(match nearest(lost, candidates) {
            Some(name) => error.hint(format!("did you mean `{name}`?")),
            None => error,
        })
    }
}

fn means(pattern: &str, name: &str) -> bool {
    fits(pattern.as_bytes(), name.as_bytes()) || fits(pattern.as_bytes(), bare(name).as_bytes())
}

fn bare(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, bare)| bare)
}

/// Walks both once, going back to the last `*` on a mismatch, so that no pattern takes more than length times length.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut seen) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                seen = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(Given::new(text.to_owned(), GivenBy::Flag("--table".to_owned()))).expect("a pattern")
    }

    #[test]
    fn stars_and_question_marks_stand_for_characters() {
        for (text, name, expected) in [
            ("invoice", "invoice", true),
            ("invoice", "invoices", false),
            ("invoice*", "invoice", true),
            ("*item", "line_item", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "ab_ba", false),
            ("invoic?", "invoice", true),
            ("invoic?", "invoic", false),
            ("*", "anything", true),
            ("Invoice", "invoice", false),
        ] {
            assert_eq!(pattern(text).matches(name), expected, "{text} {name}");
        }
    }

    #[test]
    fn a_pattern_means_the_bare_or_the_qualified_name() {
        for text in ["invoice", "egress.invoice", "egress.*", "rate_card, invoice"] {
            assert!(pattern(text).matches("egress.invoice"), "{text}");
        }
        assert!(!pattern("api.*").matches("egress.invoice"));
    }

    #[test]
    fn a_part_that_means_nothing_is_refused_with_a_suggestion() {
        let names = ["egress.invoice", "egress.line_item"];
        assert_eq!(pattern("invoice,line*").require_some("table", &names), Ok(()));
        let error = pattern("invoice,line_itme").require_some("table", &names).expect_err("refused");
        assert_eq!(
            error.report(),
            "error: `--table` is `line_itme`, which is the name of no table\nhint: did you mean `line_item`?"
        );
    }

    #[test]
    fn an_empty_part_is_refused() {
        for text in ["", "invoice,", ",a"] {
            let given = Given::new(text.to_owned(), GivenBy::Variable("ETL_TABLE".to_owned()));
            assert!(Pattern::parse(given).is_err(), "{text:?}");
        }
    }
}
