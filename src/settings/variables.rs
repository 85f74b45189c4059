//! The environment variables the program reads, taken once. Nothing else asks the environment.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::cli;
use crate::error::{Error, Result};
use crate::settings::given::{Given, GivenBy};
use crate::suggest::nearest;

/// What log lines are let through, in the words of `tracing`'s filters; stronger than `RUST_LOG`.
const LOG: &str = "ETL_LOG";
/// The same, as other Rust programs have it.
const RUST_LOG: &str = "RUST_LOG";
/// Set to anything, no colours: <https://no-color.org>.
const NO_COLOR: &str = "NO_COLOR";

/// The variables set, none of them empty: an empty one counts as unset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// Those of this process.
    ///
    /// # Errors
    /// Usage, when one of ours is not UTF-8.
    pub fn of_process() -> Result<Self> {
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
            let value = OsString::into_string(value).map_err(|_| Error::usage(format!("`{name}` is not UTF-8")))?;
            variables.insert(name.to_owned(), value);
        }
        Ok(Self::new(variables))
    }

    /// These, for tests and for callers that are no process of their own.
    pub fn new(variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(variables.filter(|(_, value)| !value.trim().is_empty()).collect())
    }

    /// The value for a flag, by the flag's long name without dashes.
    pub(crate) fn for_flag(&self, flag: &str) -> Option<Given<String>> {
        let name = cli::variable_of(flag);
        let value = self.0.get(&name)?.clone();
        Some(Given::new(value, GivenBy::Variable(name)))
    }

    /// What log lines to let through, and who says so.
    pub(crate) fn log_filter(&self) -> Option<Given<String>> {
        let (name, value) = [LOG, RUST_LOG].into_iter().find_map(|name| Some((name, self.0.get(name)?)))?;
        Some(Given::new(value.clone(), GivenBy::Variable(name.to_owned())))
    }

    /// Whether colours are unwelcome.
    pub(crate) fn no_color(&self) -> bool {
        self.0.contains_key(NO_COLOR)
    }

    /// A sentence for each `ETL_…` variable that no flag reads. A warning and no error: the prefix is not ours alone.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut known = cli::variables();
        known.push(LOG.to_owned());
        let unknown = self.0.keys().filter(|name| name.starts_with("ETL_") && !known.contains(*name));
        unknown
            .map(|name| match nearest(name, known.iter().map(String::as_str)) {
                Some(meant) => format!("the variable `{name}` means nothing; did you mean `{meant}`?"),
                None => format!("the variable `{name}` means nothing"),
            })
            .collect()
    }
}

fn is_ours(name: &str) -> bool {
    name.starts_with("ETL_") || name == RUST_LOG || name == NO_COLOR
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
