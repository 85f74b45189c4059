//! Map literals, `{key=value, key=value}`, as query engines print a map of texts.
//!
//! The notation escapes nothing, so not every literal says which map was printed. One that can be read in two ways by the
//! rules of [`super::normalize`] is an error; so is one in which a key or value begins with an apostrophe, which may be part of it
//! or, in the notation of other engines, a quote around it.

use super::{DEPTH, Invalid};

/// Up to so many keys, comparing each with each is faster than sorting them.
const FEW_KEYS: usize = 24;

/// Whether a text that is not JSON should be read as a map literal. Where a JSON string opens the braces it was meant
/// to be JSON.
pub(super) fn begins(text: &str) -> bool {
    text.strip_prefix('{').is_some_and(|inner| !inner.trim_start().starts_with('"'))
}

/// The literal as a JSON object of strings, in the order given.
///
/// # Errors
/// The `Map…` variants of [`Invalid`], and [`Invalid::JsonDepth`] for brackets nested too deep.
pub(super) fn to_json(text: &str) -> Result<String, Invalid> {
    let bytes = text.as_bytes();
    let mut json = String::with_capacity(text.len() + text.len() / 2);
    let mut keys = Vec::with_capacity(FEW_KEYS);
    // The brackets around the byte at hand, the outermost at the index 0.
    let mut open = [b'{'; DEPTH];
    let mut depth = 1;
    let mut in_key = true;
    // Where the part at hand begins, and what of it is not yet written.
    let mut part = 1;
    let mut from = 1;
    let mut at = 1;
    json.push_str("{\"");
    while let Some(skipped) = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| SPECIAL[usize::from(*byte)]))
    {
        at += skipped;
        let byte = bytes.get(at).copied().unwrap_or_default();
        let run = text.get(from..at).unwrap_or_default();
        match byte {
            b'=' if in_key => {
                let key = text.get(part..at).unwrap_or_default();
                if key.is_empty() {
                    return Err(Invalid::MapKey);
                }
                if key.starts_with('\'') || bytes.get(at + 1) == Some(&b'\'') {
                    return Err(Invalid::MapApostrophe);
                }
                keys.push(key);
                json.push_str(run);
                json.push_str("\":\"");
                in_key = false;
                from = at + 1;
            }
            b',' if depth == 1 && bytes.get(at + 1) == Some(&b' ') => {
                if in_key {
                    return Err(Invalid::MapPart);
                }
                json.push_str(run);
                json.push_str("\",\"");
                in_key = true;
                (part, from) = (at + 2, at + 2);
            }
            b'=' | b',' => (),
            b'}' if depth == 1 && at + 1 == bytes.len() => {
                if in_key {
                    return Err(Invalid::MapPart);
                }
                json.push_str(run);
                json.push_str("\"}");
                return if repeats(&mut keys) { Err(Invalid::MapKeyRepeated) } else { Ok(json) };
            }
            b'{' | b'[' | b'}' | b']' | b'"' if in_key => return Err(Invalid::MapKey),
            b'{' | b'[' => {
                *open.get_mut(depth).ok_or(Invalid::JsonDepth)? = byte;
                depth += 1;
            }
            // The bracket that closes another stands two behind it in ASCII.
            b'}' | b']' if depth > 1 && open.get(depth - 1) == Some(&(byte - 2)) => depth -= 1,
            b'}' | b']' => return Err(Invalid::MapBrackets),
            _ => {
                json.push_str(run);
                write_escape(byte, &mut json);
                from = at + 1;
            }
        }
        at += 1;
    }
    Err(Invalid::MapBrackets)
}

/// The bytes that structure a literal and those that JSON wants escaped.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut at = 0;
    while at < special.len() {
        special[at] = at < 0x20 || matches!(at as u8, b'=' | b',' | b'{' | b'}' | b'[' | b']' | b'"' | b'\\');
        at += 1;
    }
    special
};

fn write_escape(byte: u8, json: &mut String) {
    match byte {
        b'"' => json.push_str("\\\""),
        b'\\' => json.push_str("\\\\"),
        b'\n' => json.push_str("\\n"),
        b'\r' => json.push_str("\\r"),
        b'\t' => json.push_str("\\t"),
        control => {
            json.push_str(if control < 0x10 { "\\u000" } else { "\\u001" });
            json.push(char::from_digit(u32::from(control & 0xF), 16).unwrap_or_default());
        }
    }
}

fn repeats(keys: &mut [&str]) -> bool {
    if keys.len() <= FEW_KEYS {
        return keys.iter().enumerate().any(|(at, key)| keys[..at].contains(key));
    }
    keys.sort_unstable();
    keys.windows(2).any(|pair| pair[0] == pair[1])
}
