//! The property filters of a billable metric: which events it counts, by what their properties hold.
//!
//! A filter names a property and says whether it must be there (`exists`), which values it may have (`in_values`), and which it must
//! not have (`not_in_values`); an event counts when it passes all of them. That is how the API defines a metric; a template of the
//! settings is written as such filters too.

use std::borrow::Cow;
use std::cell::OnceCell;

use crate::value::json::{elements, member, members};

/// Filters that an event has to pass all of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filters(Vec<Filter>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Filter {
    /// The property; nothing where the filter names none.
    name: Option<String>,
    /// Whether it must be there, or must not.
    must_exist: Option<bool>,
    /// The values that it may have, written in one way; any where none is listed.
    accepted: Vec<String>,
    is_any_accepted: bool,
    /// The values that it must not have, letter for letter.
    refused: Vec<String>,
}

/// The properties of an event, read once for all filters that it is held against.
#[derive(Debug, Default)]
pub struct Properties<'a>(Vec<Property<'a>>);

#[derive(Debug)]
struct Property<'a> {
    name: Cow<'a, str>,
    text: Cow<'a, str>,
    /// The text written in one way, once it is asked for.
    folded: OnceCell<String>,
}

impl Filters {
    /// Reads a JSON list of filters; text that is no list holds none.
    pub fn parse(json: &str) -> Self {
        let filters = elements(json).unwrap_or_default();
        Self(filters.into_iter().flatten().map(|filter| Filter::parse(&filter)).collect())
    }

    /// Whether the properties of an event pass.
    pub fn pass(&self, properties: &Properties<'_>) -> bool {
        self.0.iter().all(|filter| filter.passes(properties))
    }
}

impl Filter {
    fn parse(json: &str) -> Self {
        let owned = |text: Option<Cow<'_, str>>| text.map(String::from);
        let listed = |name| {
            let list = member(json, name)?;
            Some(elements(&list)?.into_iter().map(owned).collect::<Vec<_>>())
        };
        let accepted = listed("in_values").unwrap_or_default();
        Self {
            name: owned(member(json, "name")),
            must_exist: member(json, "exists").and_then(|exists| exists.parse().ok()),
            is_any_accepted: accepted.is_empty(),
            accepted: accepted.iter().flatten().map(|value| folded(value)).collect(),
            refused: listed("not_in_values").unwrap_or_default().into_iter().flatten().collect(),
        }
    }

    fn passes(&self, properties: &Properties<'_>) -> bool {
        let property = self.name.as_ref().and_then(|name| properties.named(name));
        let is_accepted = |property: &Property<'_>| self.accepted.iter().any(|value| value == property.folded());
        self.must_exist.is_none_or(|must_exist| must_exist == property.is_some())
            && (self.is_any_accepted || property.is_some_and(is_accepted))
            && !property.is_some_and(|property| self.refused.iter().any(|value| *value == property.text))
    }
}

impl<'a> Properties<'a> {
    /// Reads the text of a JSON object. Members that are null are as if they were not there, as are those of anything else.
    pub fn read(json: &'a str) -> Self {
        let mut read: Vec<Property<'a>> = Vec::new();
        for (name, text) in members(json).unwrap_or_default() {
            // Where a name is repeated the last one counts.
            read.retain(|property| property.name != name);
            read.extend(text.map(|text| Property { name, text, folded: OnceCell::new() }));
        }
        Self(read)
    }

    fn named(&self, name: &str) -> Option<&Property<'a>> {
        self.0.iter().find(|property| property.name == name)
    }
}

impl Property<'_> {
    fn folded(&self) -> &str {
        self.folded.get_or_init(|| folded(&self.text))
    }
}

/// A value written in one way: `512 × 512`, `512*512` and `512X512` are the same image size.
fn folded(value: &str) -> String {
    value.to_lowercase().replace(' ', "").replace(['×', '*'], "x")
}

#[cfg(test)]
mod tests {
    use super::{Filters, Properties};

    fn passes(filters: &str, properties: &str) -> bool {
        Filters::parse(filters).pass(&Properties::read(properties))
    }

    #[test]
    fn a_listed_value_passes_however_it_is_written_and_a_missing_one_does_not() {
        let filters = r#"[{"name":"image_size","in_values":["256x256","512 × 512"]}]"#;
        assert!(passes(filters, r#"{"image_size":"256X256"}"#));
        assert!(passes(filters, r#"{"image_size":"512*512"}"#));
        assert!(!passes(filters, r#"{"image_size":"1024x1024"}"#));
        assert!(!passes(filters, r#"{"image_size":null}"#));
        assert!(!passes(filters, r#"{"image_size":"256x256","image_size":"1x1"}"#));
        assert!(!passes(filters, "no object"));
    }

    #[test]
    fn every_filter_must_pass() {
        let filters = r#"[{"name":"region","in_values":["eu"]},{"name":"tier","in_values":["1"]}]"#;
        assert!(passes(filters, r#"{"region":"EU","tier":1}"#));
        assert!(!passes(filters, r#"{"region":"EU","tier":2}"#));
    }

    #[test]
    fn a_property_must_be_there_or_not_and_must_not_have_a_refused_value() {
        assert!(passes(r#"[{"name":"a","exists":true}]"#, r#"{"a":0}"#));
        assert!(!passes(r#"[{"name":"a","exists":true}]"#, "{}"));
        assert!(passes(r#"[{"name":"a","exists":false}]"#, "{}"));
        assert!(!passes(r#"[{"name":"a","exists":false}]"#, r#"{"a":"x"}"#));
        assert!(!passes(r#"[{"name":"a","not_in_values":["x"]}]"#, r#"{"a":"x"}"#));
        assert!(passes(r#"[{"name":"a","not_in_values":["x"]}]"#, r#"{"a":"X"}"#));
        assert!(passes(r#"[{"name":"a","not_in_values":["x"]}]"#, "{}"));
    }

    #[test]
    fn a_list_without_values_lets_all_pass_and_one_of_nulls_none() {
        assert!(passes(r#"[{"name":"a","in_values":[]}]"#, "{}"));
        assert!(!passes(r#"[{"name":"a","in_values":[null]}]"#, r#"{"a":null}"#));
        assert!(!passes(r#"[{"in_values":["x"]}]"#, r#"{"a":"x"}"#));
        assert!(passes("[null]", "{}") && passes("[]", "{}") && passes("no list", "{}"));
    }
}
