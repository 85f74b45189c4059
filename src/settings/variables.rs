//! The environment variables the program reads, taken once. Nothing else asks the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::cli;
use crate::error::{Error, Result};
use crate::settings::given::{Given, GivenBy};
use crate::settings::token::Token;
use crate::suggest::nearest;

/// What log lines are let through, in the words of `tracing`'s filters; stronger than `RUST_LOG`.
const LOG: &str = "ETL_LOG";
/// The same, as other Rust programs have it.
const RUST_LOG: &str = "RUST_LOG";
/// Set to anything, no colours: <https://no-color.org>.
const NO_COLOR: &str = "NO_COLOR";
/// Who runs it, as the system has it.
const USER: &str = "USER";
/// The bearer token, as Metronome's own libraries have it.
pub(crate) const TOKEN: &str = "METRONOME_BEARER_TOKEN";
/// A file with it.
pub(crate) const TOKEN_FILE: &str = "METRONOME_BEARER_TOKEN_FILE";

/// The variables set, none of them empty: an empty one counts as unset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    values: BTreeMap<String, String>,
    /// As given; apart from the others so that it is never printed with them.
    token: Option<Token>,
}

impl Variables {
    /// Those of this process.
    ///
    /// # Errors
    /// Usage, when one of ours is not UTF-8.
    pub fn of_process() -> Result<Self> {
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
            let value = match OsString::into_string(value) {
                Ok(value) => value,
                // Refused where it is needed, for the characters that it gets here.
                Err(value) if name == TOKEN => value.to_string_lossy().into_owned(),
                Err(_) => return Err(Error::usage(format!("`{name}` is not UTF-8"))),
            };
            variables.insert(name.to_owned(), value);
        }
        Ok(Self::new(variables))
    }

    /// These, for tests and for callers that are no process of their own.
    pub fn new(variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        let mut values: BTreeMap<String, String> = variables.filter(|(_, value)| !value.trim().is_empty()).collect();
        let token = values.remove(TOKEN).map(Token::new);
        Self { values, token }
    }

    /// The value for a flag, by the flag's long name without dashes.
    pub(crate) fn for_flag(&self, flag: &str) -> Option<Given<String>> {
        let name = cli::variable_of(flag);
        let value = self.values.get(&name)?.clone();
        Some(Given::new(value, GivenBy::Variable(name)))
    }

    /// What log lines to let through, and who says so.
    pub(crate) fn log_filter(&self) -> Option<Given<String>> {
        let (name, value) = [LOG, RUST_LOG].into_iter().find_map(|name| Some((name, self.values.get(name)?)))?;
        Some(Given::new(value.clone(), GivenBy::Variable(name.to_owned())))
    }

    /// The token as it was given, not yet known to be one.
    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// The path of a file with the token, as it was given.
    pub(crate) fn token_file(&self) -> Option<&str> {
        self.values.get(TOKEN_FILE).map(String::as_str)
    }

    /// Whether colours are unwelcome.
    pub(crate) fn no_color(&self) -> bool {
        self.values.contains_key(NO_COLOR)
    }

    /// Who runs it, where the system says so.
    pub(crate) fn user(&self) -> Option<&str> {
        self.values.get(USER).map(String::as_str)
    }

    /// A sentence for each `ETL_…` variable that no flag reads. A warning and no error: the prefix is not ours alone.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut known = cli::variables();
        known.push(LOG.to_owned());
        let unknown = self.values.keys().filter(|name| name.starts_with("ETL_") && !known.contains(*name));
        unknown
            .map(|name| match nearest(name, known.iter().map(String::as_str)) {
                Some(meant) => format!("the variable `{name}` means nothing; did you mean `{meant}`?"),
                None => format!("the variable `{name}` means nothing"),
            })
            .collect()
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("ETL_") || [RUST_LOG, NO_COLOR, USER, TOKEN, TOKEN_FILE].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let variables = Variables::new([("ETL_STAGE", ""), ("ETL_LAKE", "  "), ("NO_COLOR", ""), ("ETL_TABLE", "x")]);
        assert_eq!(variables.for_flag("stage"), None);
        assert_eq!(variables.for_flag("lake"), None);
        assert!(!variables.no_color());
        assert!(variables.for_flag("table").is_some());
    }

    #[test]
    fn variables_are_printed_without_the_token() {
        let variables = Variables::new([(TOKEN, "s3cret"), (TOKEN_FILE, "a/file")]);
        assert_eq!(variables.token().map(Token::reveal), Some("s3cret"));
        let printed = format!("{variables:?}");
        assert!(!printed.contains("s3cret") && printed.contains("a/file"), "{printed}");
        assert!(variables.warnings().is_empty());
    }

    #[test]
    fn a_misspelt_variable_is_pointed_out() {
        let variables =
            Variables::new([("ETL_ENVIROMENT", "SANDBOX"), ("ETL_ENVIRONMENT", "SANDBOX"), ("ETL_LOG", "info")]);
        assert_eq!(
            variables.warnings(),
            ["the variable `ETL_ENVIROMENT` means nothing; did you mean `ETL_ENVIRONMENT`?"]
        );
    }

    #[test]
    fn our_log_filter_is_stronger_than_the_common_one() {
        let both = Variables::new([("ETL_LOG", "etl=debug"), ("RUST_LOG", "trace")]);
        assert_eq!(both.log_filter().map(|given| given.value), Some("etl=debug".to_owned()));
        let common = Variables::new([("RUST_LOG", "trace")]);
        assert_eq!(common.log_filter().map(|given| given.value), Some("trace".to_owned()));
    }
}
