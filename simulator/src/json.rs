//! JSON that keeps every digit: a number is the text it will be written as, and no float is near it.

use crate::calendar::{Millis, clock, day_text};
use crate::decimal::{Amount, Price, Quantity, plain};
use std::fmt::Write as _;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written.
    Number(String),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object, in order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Writes it out, without a space.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) {
        match self {
            Self::Null => text.push_str("null"),
            Self::Bool(value) => _ = write!(text, "{value}"),
            Self::Number(number) => text.push_str(number),
            Self::Text(value) => quoted(value, text),
            Self::List(values) => {
                text.push('[');
                for (place, value) in values.iter().enumerate() {
                    if place > 0 {
                        text.push(',');
                    }
                    value.write(text);
                }
                text.push(']');
            }
            Self::Object(fields) => {
                text.push('{');
                for (place, (name, value)) in fields.iter().enumerate() {
                    if place > 0 {
                        text.push(',');
                    }
                    quoted(name, text);
                    text.push(':');
                    value.write(text);
                }
                text.push('}');
            }
        }
    }

    /// The field of an object.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut Json> {
        match self {
            Self::Object(fields) => fields.iter_mut().find(|(own, _)| own == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

fn quoted(value: &str, text: &mut String) {
    text.push('"');
    for letter in value.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            letter if u32::from(letter) < 0x20 => _ = write!(text, "\\u{:04x}", u32::from(letter)),
            letter => text.push(letter),
        }
    }
    text.push('"');
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Json {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        Self::Number(value.to_string())
    }
}

impl From<Amount> for Json {
    fn from(value: Amount) -> Self {
        Self::Number(plain(value.0, Amount::SCALE))
    }
}

impl From<Price> for Json {
    fn from(value: Price) -> Self {
        Self::Number(plain(value.0, Price::SCALE))
    }
}

impl From<Quantity> for Json {
    fn from(value: Quantity) -> Self {
        Self::Number(plain(value.0, Quantity::SCALE))
    }
}

impl From<Vec<Json>> for Json {
    fn from(value: Vec<Json>) -> Self {
        Self::List(value)
    }
}

impl From<Object> for Json {
    fn from(value: Object) -> Self {
        Self::Object(value.0)
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A fraction of a hundred as a number: 80 is `0.8`.
pub fn percent(value: i128) -> Json {
    Json::Number(plain(value, 2))
}

/// A list of things made into JSON.
pub fn list<T, J: Into<Json>>(things: impl IntoIterator<Item = T>, each: impl Fn(T) -> J) -> Json {
    Json::List(things.into_iter().map(|thing| each(thing).into()).collect())
}

/// An object under construction.
#[derive(Debug, Clone, Default)]
pub struct Object(Vec<(String, Json)>);

impl Object {
    /// Without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more field.
    pub fn set(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// With one more field where there is a value, and without it where there is none: absent is not null.
    pub fn some<T: Into<Json>>(self, name: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// With the fields of another.
    pub fn and(mut self, other: Object) -> Self {
        self.0.extend(other.0);
        self
    }
}

fn seconds(at: Millis) -> String {
    let (hour, minute, second, _) = clock(at);
    format!("{}T{hour:02}:{minute:02}:{second:02}", day_text(at))
}

/// `2024-02-29T00:00:00Z`.
pub fn zulu(at: Millis) -> String {
    seconds(at) + "Z"
}

/// `2024-02-29T00:00:00.000Z`.
pub fn millis(at: Millis) -> String {
    format!("{}.{:03}Z", seconds(at), clock(at).3)
}

/// `2024-02-29T00:00:00+00:00`.
pub fn offset(at: Millis) -> String {
    seconds(at) + "+00:00"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::date;

    #[test]
    fn a_number_keeps_eighteen_decimals_and_a_text_its_quotes() {
        let json: Json = Object::new()
            .set("total", Amount(1))
            .set("name", "a \"b\"\n\\")
            .some("gone", None::<bool>)
            .set("null", None::<bool>)
            .into();
        assert_eq!(json.text(), "{\"total\":0.000000000000000001,\"name\":\"a \\\"b\\\"\\u000a\\\\\",\"null\":null}");
    }

    #[test]
    fn a_moment_has_three_spellings() {
        let at = date(2024, 2, 29);
        assert_eq!(zulu(at), "2024-02-29T00:00:00Z");
        assert_eq!(millis(at), "2024-02-29T00:00:00.000Z");
        assert_eq!(offset(at), "2024-02-29T00:00:00+00:00");
    }
}
