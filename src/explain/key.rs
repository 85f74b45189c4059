//! Which rows of a report are asked about: `customer_id=c1,billing_month=2024-03`, values as its CSV writes them.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::DataFrame;

use super::rows::column;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::model::{HeaderColumn, Model, SqlType};
use crate::printer::{csv, text_of};
use crate::suggest::{nearest, one_of};
use crate::value::{boolean, decimal, integer, timestamp};

/// Values that are looked through for what was meant.
const CANDIDATES: usize = 10_000;
/// Values that are named where none is near.
const NAMED: usize = 5;

/// Columns and the values they are to have, in the order given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(Vec<(String, Option<String>)>);

impl Key {
    /// Reads `column=value[,column=value…]`. As in a CSV a value with a comma stands in quotes, a quote in it is doubled,
    /// and nothing behind the `=` is null.
    ///
    /// # Errors
    /// Usage (exit 2) when it is not of this form.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |part: &str| {
            Error::usage(format!("`{part}` is not of the form column=value"))
                .hint("several are joined by commas, and a value with a comma stands in quotes: name=\"A, B\"")
        };
        let mut pairs = Vec::new();
        let mut rest = text;
        loop {
            let (name, behind) = rest.split_once('=').ok_or_else(|| wrong(rest))?;
            let (value, next) = match behind.strip_prefix('"') {
                Some(quoted) => {
                    let (value, next) = unquoted(quoted).ok_or_else(|| wrong(rest))?;
                    (Some(value), next)
                }
                None => {
                    let end = behind.find(',').unwrap_or(behind.len());
                    (Some(behind[..end].to_owned()).filter(|value| !value.is_empty()), &behind[end..])
                }
            };
            pairs.push((name.trim().to_owned(), value));
            match next.strip_prefix(',') {
                Some(more) => rest = more,
                None if next.is_empty() => return Ok(Self(pairs)),
                None => return Err(wrong(rest)),
            }
        }
    }

    /// The key of a row as a restatement has it, a JSON object of texts; none where it is no such object.
    pub fn of_row(json: &str) -> Option<Self> {
        let members: BTreeMap<String, Option<String>> = serde_json::from_str(json).ok()?;
        Some(Self(members.into_iter().collect()))
    }

    /// Its columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Columns and values, in the order given.
    pub fn pairs(&self) -> &[(String, Option<String>)] {
        &self.0
    }

    /// A condition for each pair.
    ///
    /// # Errors
    /// Usage (exit 2) when a column is none of the report's or a value none of its column.
    pub fn conditions(&self, report: &Model) -> Result<Vec<Expr>> {
        let condition = |(name, value): &(String, Option<String>)| {
            let known = report.header.columns.iter().find(|column| column.name == *name).ok_or_else(|| {
                let names = || report.header.columns.iter().map(|column| column.name.as_str());
                Error::usage(format!("{} has no column `{name}`", report.name)).hint(match nearest(name, names()) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => format!("its columns are {}", names().collect::<Vec<_>>().join(", ")),
                })
            })?;
            Ok(match value {
                None => column(name).is_null(),
                Some(text) => {
                    // As the report has it, or as its CSV writes what a spreadsheet would run.
                    let (given, raw) = (scalar(known, text)?, csv::unescaped(text));
                    let is_given = column(name).eq(lit(given));
                    if raw == text { is_given } else { is_given.or(column(name).eq(lit(scalar(known, raw)?))) }
                }
            })
        };
        self.0.iter().map(condition).collect()
    }

    /// Why no row fits: the first pair that leaves none of the rows the pairs before it leave, and what stands there.
    ///
    /// # Errors
    /// Always: usage (exit 2), or what kept the rows from being read.
    pub async fn refuse(&self, report: &Model, rows: DataFrame, engine: &Engine) -> Error {
        let mut left = rows;
        let conditions = match self.conditions(report) {
            Ok(conditions) => conditions,
            Err(error) => return error,
        };
        for ((name, value), condition) in self.0.iter().zip(conditions) {
            let failed = |error| engine.query_failed(&report.name, &error);
            let values = match values_of(&left, name, engine).await {
                Ok(values) => values,
                Err(error) => return error,
            };
            let narrowed = match left.clone().filter(condition) {
                Ok(narrowed) => narrowed,
                Err(error) => return failed(error),
            };
            match narrowed.clone().count().await {
                Ok(0) => return no_row(report, name, value.as_deref(), &values),
                Ok(_) => left = narrowed,
                Err(error) => return failed(error),
            }
        }
        Error::usage(format!("{} has no row with {self}", report.name))
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (place, (name, value)) in self.0.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let value = value.as_deref().unwrap_or_default();
            if value.contains([',', '"']) {
                write!(formatter, "{comma}{name}=\"{}\"", value.replace('"', "\"\""))?;
            } else {
                write!(formatter, "{comma}{name}={value}")?;
            }
        }
        Ok(())
    }
}

/// The text up to the closing quote, and what stands behind it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('"')?;
        value.push_str(part);
        match behind.strip_prefix('"') {
            Some(more) => {
                value.push('"');
                rest = more;
            }
            None => return Some((value, behind)),
        }
    }
}

/// The value that a text is in this column.
fn scalar(column: &HeaderColumn, text: &str) -> Result<ScalarValue> {
    let day = |text: &str| {
        let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        i32::try_from(date.signed_duration_since(chrono::NaiveDate::default()).num_days()).ok()
    };
    let bytes = text.as_bytes();
    let (value, expected) = match column.kind {
        SqlType::Text => (Some(ScalarValue::from(text)), "a text"),
        SqlType::Integer => (integer::parse(bytes).ok().map(ScalarValue::from), "a whole number"),
        SqlType::Boolean => (boolean::parse(bytes).ok().map(ScalarValue::from), "true or false"),
        SqlType::Date => (
            day(text).or_else(|| day(&format!("{text}-01"))).map(|days| ScalarValue::Date32(Some(days))),
            "a day like 2024-03-10 or a month like 2024-03",
        ),
        SqlType::Timestamp => (
            timestamp::parse(bytes)
                .ok()
                .map(|micros| ScalarValue::TimestampMicrosecond(Some(micros), Some("UTC".into()))),
            "an instant like 2024-04-01T12:00:00Z",
        ),
        SqlType::Decimal => (
            decimal::parse(bytes).ok().map(|units| ScalarValue::Decimal128(Some(units), 38, 18)),
            "a number like 1234.5",
        ),
    };
    value.ok_or_else(|| Error::usage(format!("`{}` is `{text}`, expected {expected}", column.name)))
}

/// Values of a column as texts, empty for null.
async fn values_of(rows: &DataFrame, name: &str, engine: &Engine) -> Result<BTreeSet<String>> {
    let failed = |error| engine.query_failed("the values near the key", &error);
    let distinct = rows.clone().select(vec![column(name)]).and_then(DataFrame::distinct).map_err(failed)?;
    let batches = distinct.limit(0, Some(CANDIDATES)).map_err(failed)?.collect().await.map_err(failed)?;
    let mut values = BTreeSet::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            values.insert(text_of(batch.column(0), row)?.unwrap_or_default());
        }
    }
    Ok(values)
}

fn no_row(report: &Model, name: &str, value: Option<&str>, values: &BTreeSet<String>) -> Error {
    let error = Error::usage(format!("no row of {} has {name}={}", report.name, value.unwrap_or_default()));
    // A number or a day that is written almost alike is another one.
    let is_text = report.header.columns.iter().any(|column| column.name == name && column.kind == SqlType::Text);
    let typed = value.filter(|_| is_text);
    if let Some(meant) = typed.and_then(|value| nearest(value, values.iter().map(String::as_str))) {
        return error.hint(format!("did you mean `{meant}`?"));
    }
    let named = values.iter().take(NAMED).map(|value| if value.is_empty() { "null" } else { value });
    let more = match values.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(", and {more} others"),
    };
    error.hint(format!("{name} is {} there{more}", one_of(named)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, Option<String>)> {
        Key::parse(text).unwrap().0
    }

    fn pair(name: &str, value: &str) -> (String, Option<String>) {
        (name.to_owned(), Some(value.to_owned()))
    }

    #[test]
    fn a_key_is_read_as_csv_writes_its_values() {
        assert_eq!(pairs("a=1, b=x y"), [pair("a", "1"), pair("b", "x y")]);
        assert_eq!(
            pairs("name=\"A1, \"\"the\"\" Company\",b=2"),
            [pair("name", "A1, \"the\" Company"), pair("b", "2")]
        );
        assert_eq!(pairs("plan_id=,name=\"\""), [("plan_id".to_owned(), None), pair("name", "")]);
        assert_eq!(pairs("name=a=b"), [pair("name", "a=b")]);
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_form_it_has() {
        for text in ["", "customer", "a=1,b", "a=\"1", "a=\"1\"2", "a=1,"] {
            let error = Key::parse(text).expect_err(text);
            assert_eq!(error.exit_code(), 2);
            assert!(error.to_string().contains("column=value"), "{text}: {error}");
        }
    }

    #[test]
    fn a_key_is_shown_as_it_can_be_typed_again() {
        for text in ["a=1,b=x", "name=\"A1, Co\",b=", "name=\"say \"\"x\"\"\""] {
            assert_eq!(Key::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Key::of_row(r#"{"a":"1, 2","b":null}"#).unwrap().to_string(), "a=\"1, 2\",b=");
        assert_eq!(Key::of_row("a"), None);
    }
}
