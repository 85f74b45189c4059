//! What a request may say: parameters and body fields as data, checked before an endpoint sees them.

use super::refusal::Refusal;
use crate::calendar::{DAY, HOUR, Millis, date};
use serde_json::{Map, Value};

/// What a value has to be.
#[derive(Debug, Clone, Copy)]
pub enum Is {
    /// Any text.
    Text,
    /// An id.
    Uuid,
    /// `true` or `false`.
    Flag,
    /// RFC 3339.
    Time,
    /// One of some words, in any letter case.
    Word(&'static [&'static str]),
    /// A whole number from 1 to a maximum.
    Limit(u64),
    /// A list of texts, comma-joined in a query, of at most so many.
    Texts(usize),
    /// A list, looked into by the endpoint.
    List,
    /// An object, looked into by nobody.
    Map,
}

/// One parameter or body field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it has to be.
    pub is: Is,
    /// Whether it must be there.
    pub required: bool,
}

/// A field that may be there.
pub const fn may(name: &'static str, is: Is) -> Field {
    Field { name, is, required: false }
}

/// A field that must be there.
pub const fn must(name: &'static str, is: Is) -> Field {
    Field { name, is, required: true }
}

/// Turns the pairs of a query into a map like a body's, checked.
pub fn query(pairs: &[(String, String)], fields: &[Field]) -> Result<Map<String, Value>, Refusal> {
    let mut checked = Map::new();
    for (name, text) in pairs {
        let Some(field) = fields.iter().find(|field| field.name == name) else {
            return Err(Refusal::bad(format!("unknown query parameter {name}")));
        };
        let value = match field.is {
            Is::Flag => match text.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                _ => return Err(wrong(field)),
            },
            Is::Limit(_) => Value::from(text.parse::<u64>().map_err(|_| wrong(field))?),
            Is::Texts(_) => text.split(',').filter(|text| !text.is_empty()).map(Value::from).collect(),
            _ => Value::from(text.as_str()),
        };
        if checked.insert(name.clone(), value).is_some() {
            return Err(Refusal::bad(format!("query parameter {name} given twice")));
        }
    }
    check(&checked, fields)?;
    Ok(checked)
}

/// Checks a body.
pub fn body(bytes: &[u8], fields: &[Field]) -> Result<Map<String, Value>, Refusal> {
    let text = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { bytes };
    let body: Map<String, Value> =
        serde_json::from_slice(text).map_err(|_| Refusal::bad("the body is not a JSON object"))?;
    for name in body.keys() {
        if !fields.iter().any(|field| field.name == name) {
            return Err(Refusal::bad(format!("unknown body field {name}")));
        }
    }
    check(&body, fields)?;
    Ok(body)
}

fn wrong(field: &Field) -> Refusal {
    Refusal::bad(match field.is {
        Is::Limit(most) => format!("{} must be a whole number from 1 to {most}", field.name),
        Is::Time => format!("{} must be an RFC 3339 timestamp", field.name),
        Is::Flag => format!("{} must be true or false", field.name),
        Is::Uuid => format!("{} must be a UUID", field.name),
        Is::Word(words) => format!("{} must be one of {}", field.name, words.join(", ")),
        _ => format!("{} has the wrong type or too many values", field.name),
    })
}

fn check(given: &Map<String, Value>, fields: &[Field]) -> Result<(), Refusal> {
    for field in fields {
        let Some(value) = given.get(field.name).filter(|value| !value.is_null()) else {
            if field.required {
                return Err(Refusal::bad(format!("{} is required", field.name)));
            }
            continue;
        };
        let right = match field.is {
            Is::Text => value.is_string(),
            Is::Uuid => value.as_str().is_some_and(is_uuid),
            Is::Flag => value.is_boolean(),
            Is::Time => value.as_str().is_some_and(|text| moment(text).is_some()),
            Is::Word(words) => {
                value.as_str().is_some_and(|text| words.iter().any(|word| word.eq_ignore_ascii_case(text)))
            }
            Is::Limit(most) => value.as_u64().is_some_and(|limit| (1..=most).contains(&limit)),
            Is::Texts(most) => {
                value.as_array().is_some_and(|values| values.len() <= most && values.iter().all(Value::is_string))
            }
            Is::List => value.is_array(),
            Is::Map => value.is_object(),
        };
        if !right {
            return Err(wrong(field));
        }
    }
    Ok(())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The moment a timestamp names; `Z` or a numeric offset, with or without a fraction.
pub fn moment(text: &str) -> Option<Millis> {
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i64>().ok());
    let separators = [(4, "-"), (7, "-"), (13, ":"), (16, ":")];
    if separators.iter().any(|(at, mark)| text.get(*at..at + 1) != Some(*mark))
        || !matches!(text.get(10..11)?, "T" | "t" | " ")
    {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut millis = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        millis = format!("{:0<3}", &fraction[..digits]).get(..3)?.parse().ok()?;
        rest = &fraction[digits..];
    }
    let shift = match rest {
        "Z" | "z" => 0,
        _ => {
            let sign = match rest.get(..1)? {
                "+" => 1,
                "-" => -1,
                _ => return None,
            };
            let (hours, minutes) = rest.get(1..)?.split_once(':')?;
            sign * (hours.parse::<i64>().ok()? * HOUR + minutes.parse::<i64>().ok()? * HOUR / 60)
        }
    };
    let in_day = hour * HOUR + minute * 60_000 + second * 1_000 + millis;
    (in_day <= DAY).then(|| date(year, month, day) + in_day - shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_moment_is_understood() {
        let at = date(2024, 2, 29) + 3 * HOUR;
        for text in [
            "2024-02-29T03:00:00Z",
            "2024-02-29T03:00:00.000Z",
            "2024-02-29T03:00:00+00:00",
            "2024-02-29T05:00:00+02:00",
        ] {
            assert_eq!(moment(text), Some(at), "{text}");
        }
        for text in ["2024-02-29", "yesterday", "2024-13-01T00:00:00Z", "2024-02-29T03:00:00"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
