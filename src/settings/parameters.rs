//! Parameters of the reports: `NAME=VALUE` from the file, the variable and the flag, in rising strength.
//!
//! Which names there are and what types their values have is in the reports' headers, which this module does not know.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::settings::given::{Given, GivenBy};
use crate::suggest::nearest;

/// A value for a parameter, still text, and who gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The value as given; a report's header says its type.
    pub value: String,
    /// For messages about the value.
    pub by: GivenBy,
}

impl Parameter {
    /// A usage error about this value: `` parameter `billing_month` (`--param`) is `2024-13`, expected a month ``.
    pub fn refuse(&self, name: &str, expected: &str) -> Error {
        match &self.by {
            GivenBy::File { .. } => self.by.refuse(&self.value, expected),
            by => Error::usage(format!("parameter `{name}` ({by}) is `{}`, expected {expected}", self.value)),
        }
    }
}

/// Each name's strongest value: the flag's, else the variable's, else the file's.
pub(crate) fn merge(
    file: BTreeMap<String, Parameter>,
    variable: Option<&Given<String>>,
    flags: &[String],
) -> Result<BTreeMap<String, Parameter>> {
    let mut merged = file;
    if let Some(variable) = variable {
        let lines = variable.value.lines().map(str::trim).filter(|line| !line.is_empty());
        merged.extend(parse(lines, &variable.by)?);
    }
    merged.extend(parse(flags.iter().map(String::as_str), &GivenBy::Flag("--param".to_owned()))?);
    Ok(merged)
}

/// Whether a parameter can be called this: it becomes `$name` in SQL.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
}

/// Checks that some report has each of these parameters.
///
/// # Errors
/// Usage, naming the first parameter no report has, who gave it, and the name closest to it.
pub fn require_known(parameters: &BTreeMap<String, Parameter>, known: &[&str]) -> Result<()> {
    let Some((name, parameter)) = parameters.iter().find(|(name, _)| !known.contains(&name.as_str())) else {
        return Ok(());
    };
    let error = match &parameter.by {
        by @ GivenBy::File { .. } => Error::usage(format!("{by} is a parameter of no report")),
        by => Error::usage(format!("{by} gives `{name}`, which is a parameter of no report")),
    };
    Err(match nearest(name, known.iter().copied()) {
        Some(meant) => error.hint(format!("did you mean `{meant}`?")),
        None => error,
    })
}

fn parse<'a>(texts: impl Iterator<Item = &'a str>, by: &GivenBy) -> Result<BTreeMap<String, Parameter>> {
    let mut parameters = BTreeMap::new();
    for text in texts {
        let (name, value) = text
            .split_once('=')
            .filter(|(name, _)| is_name(name))
            .ok_or_else(|| by.refuse(text, "NAME=VALUE").hint("a name has lower-case letters, digits and `_`"))?;
        let parameter = Parameter { value: value.to_owned(), by: by.clone() };
        if parameters.insert(name.to_owned(), parameter).is_some() {
            return Err(Error::usage(format!("{by} gives `{name}` twice")));
        }
    }
    Ok(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(text: &str) -> Given<String> {
        Given::new(text.to_owned(), GivenBy::Variable("ETL_PARAM".to_owned()))
    }

    #[test]
    fn the_flag_is_stronger_than_the_variable_and_the_variable_than_the_file() {
        let by = GivenBy::File { path: "pipeline.toml".into(), line: 3, key: "parameters.a".to_owned() };
        let file =
            ["a", "b", "c"].map(|name| (name.to_owned(), Parameter { value: "file".to_owned(), by: by.clone() }));
        let flags = ["a=flag".to_owned()];
        let merged = merge(file.into(), Some(&variable("a=variable\n\n b=variable\r\n")), &flags).expect("merges");
        let values: Vec<&str> = merged.values().map(|parameter| parameter.value.as_str()).collect();
        assert_eq!(values, ["flag", "variable", "file"]);
    }

    #[test]
    fn a_value_may_be_empty_and_may_hold_equals_signs_and_blanks() {
        let flags = ["a=".to_owned(), "b=x=y, z".to_owned()];
        let merged = merge(BTreeMap::new(), None, &flags).expect("merges");
        assert_eq!(merged["a"].value, "");
        assert_eq!(merged["b"].value, "x=y, z");
    }

    #[test]
    fn what_is_no_name_and_value_is_refused() {
        for text in ["billing_month", "=x", "Billing=x", "1a=x", "a b=x", ""] {
            let error = merge(BTreeMap::new(), None, &[text.to_owned()]).expect_err(text);
            assert!(error.to_string().starts_with(&format!("`--param` is `{text}`, expected NAME=VALUE")), "{error}");
        }
        let error = merge(BTreeMap::new(), Some(&variable("a=1\na=2")), &[]).expect_err("twice");
        assert_eq!(error.to_string(), "`ETL_PARAM` gives `a` twice");
    }

    #[test]
    fn a_parameter_of_no_report_is_refused_with_a_suggestion() {
        let merged = merge(BTreeMap::new(), None, &["biling_month=2024-03".to_owned()]).expect("merges");
        let error = require_known(&merged, &["billing_month", "customer_name"]).expect_err("unknown");
        assert_eq!(
            error.report(),
            "error: `--param` gives `biling_month`, which is a parameter of no report\nhint: did you mean `billing_month`?"
        );
    }
}
