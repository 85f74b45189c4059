//! `[metrics]`: what a billable metric counts, where its definition does not say it: old exports give a name and a key.
//!
//! A template names metrics: `"Images ({image_size})"` is every metric called so, whatever stands for the property in braces,
//! and each counts the events whose property has that value.

use crate::error::{Error, Result};
use crate::settings::file::{File, GivenMetric};
use crate::suggest::one_of;

const AGGREGATES: [&str; 5] = ["count", "sum", "max", "latest", "unique"];

/// What metrics of one template count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// The template of their names.
    pub template: String,
    /// It as a regular expression, a group for each property.
    pub pattern: String,
    /// The properties in the order of the groups.
    pub properties: Vec<String>,
    /// The type of the events that count.
    pub event_type: String,
    /// How their values become one.
    pub aggregate: String,
    /// The property with the value; none for a count.
    pub key: Option<String>,
}

pub(crate) fn resolve(file: &File) -> Result<Vec<Metric>> {
    file.metrics.iter().map(|(template, given)| metric(template, given)).collect()
}

fn metric(template: &str, given: &GivenMetric) -> Result<Metric> {
    let wrong = |message: String| Error::usage(format!("{} {message}", given.by));
    let (pattern, properties) = pattern(template).ok_or_else(|| {
        wrong("has braces that do not fit".to_owned())
            .hint("an event property stands in braces: `Images ({image_size})`")
    })?;
    let value = |key: &str| given.values.get(key).map(|given| given.value.clone());
    let event_type = value("event_type").ok_or_else(|| wrong("says no `event_type`".to_owned()))?;
    let aggregate = value("aggregate").ok_or_else(|| wrong("says no `aggregate`".to_owned()))?;
    if !AGGREGATES.contains(&aggregate.as_str()) {
        return Err(wrong(format!("has the aggregate `{aggregate}`, expected {}", one_of(AGGREGATES.into_iter()))));
    }
    let key = value("key");
    if key.is_none() != (aggregate == "count") {
        return Err(match key {
            None => wrong(format!("says no `key`: the property that {aggregate} is of")),
            Some(_) => wrong("has a `key`, and a count is of events".to_owned()),
        });
    }
    Ok(Metric { template: template.to_owned(), pattern, properties, event_type, aggregate, key })
}

/// The template as a regular expression and the properties in its braces; none where a brace is alone or empty.
fn pattern(template: &str) -> Option<(String, Vec<String>)> {
    let (mut pattern, mut properties) = ("^".to_owned(), Vec::new());
    let mut parts = template.split('{');
    escape(parts.next()?, &mut pattern)?;
    for part in parts {
        let (property, literal) = part.split_once('}').filter(|(property, _)| !property.is_empty())?;
        properties.push(property.to_owned());
        pattern.push_str("(.+)");
        escape(literal, &mut pattern)?;
    }
    pattern.push('$');
    Some((pattern, properties))
}

fn escape(literal: &str, pattern: &mut String) -> Option<()> {
    for letter in literal.chars() {
        match letter {
            '}' => return None,
            letter if letter.is_alphanumeric() || letter == ' ' => {}
            _ => pattern.push('\\'),
        }
        pattern.push(letter);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_becomes_a_pattern_with_a_group_for_each_property() {
        let of = |template| pattern(template).expect(template);
        assert_eq!(of("Images ({image_size})"), (r"^Images \((.+)\)$".to_owned(), vec!["image_size".to_owned()]));
        assert_eq!(of("API calls"), ("^API calls$".to_owned(), vec![]));
        assert_eq!(of("{a}.{b}").0, r"^(.+)\.(.+)$");
        for wrong in ["a {", "a }", "{}", "{a", "a}b{c}"] {
            assert_eq!(pattern(wrong), None, "{wrong}");
        }
    }
}
