//! One pass over JSON text, strict and without building anything: is it JSON, and where is a member of it.
//!
//! Runs for every row that has a JSON column, so strings are skipped eight bytes at a time. A text is JSON when RFC 8259
//! says so and its strings can be decoded: an unpaired surrogate escape stands for no character and is refused.

use super::{DEPTH, Invalid};
use std::borrow::Cow;

/// Whether the text is one JSON value and nothing else: [`Invalid::Json`] or [`Invalid::JsonDepth`] if not.
pub(super) fn check(text: &str) -> Result<(), Invalid> {
    let mut scanner = Scanner::new(text);
    scanner.space();
    scanner.value(0)?;
    scanner.end()
}

/// The last value under `key` in the outermost object, as written. `None` also when the text is not JSON.
pub(super) fn last_member<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let mut scanner = Scanner::new(text);
    let mut found = None;
    scanner.space();
    scanner.byte(b'{').ok()?;
    scanner
        .members(1, |scanner, name| {
            let value = scanner.place_of_value(1)?;
            let written = scanner.bytes.get(name.from + 1..name.to - 1).unwrap_or_default();
            let same = if name.escaped {
                text.get(name.from..name.to).and_then(string).is_some_and(|name| name == key)
            } else {
                written == key.as_bytes()
            };
            if same {
                found = Some(value);
            }
            Ok(())
        })
        .ok()?;
    scanner.end().ok()?;
    let (from, to) = found?;
    text.get(from..to)
}

/// The elements of the outermost array, as written. `None` when the text is not JSON or no array.
pub(super) fn elements(text: &str) -> Option<Vec<&str>> {
    let mut scanner = Scanner::new(text);
    let mut places = Vec::new();
    scanner.space();
    scanner.byte(b'[').ok()?;
    let mut push = |scanner: &mut Scanner<'_>| scanner.place_of_value(1).map(|place| places.push(place));
    scanner.elements(1, &mut push).ok()?;
    scanner.end().ok()?;
    places.into_iter().map(|(from, to)| text.get(from..to)).collect()
}

/// The text that a JSON string, with its quotes, stands for. Half of a surrogate pair is U+FFFD.
pub(super) fn string(quoted: &str) -> Option<Cow<'_, str>> {
    let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let read = serde_json::from_str(quoted).ok();
    read.or_else(|| serde_json::from_str(&without_half_pairs(quoted)?).ok()).map(Cow::Owned)
}

/// The text with the escape of U+FFFD in the place of each escape of half a surrogate pair; `None` where there is none.
pub(super) fn without_half_pairs(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut whole = String::new();
    let mut from = 0;
    let mut at = 0;
    while let Some(skipped) = memchr::memchr(b'\\', bytes.get(at..)?) {
        at += skipped;
        let unit = |at: usize| {
            let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
            u32::from_str_radix(digits, 16).ok()
        };
        match unit(at) {
            Some(0xD800..0xDC00) if unit(at + 6).is_some_and(|low| (0xDC00..0xE000).contains(&low)) => at += 12,
            Some(0xD800..0xE000) => {
                whole.push_str(text.get(from..at)?);
                whole.push_str("\\ufffd");
                at += 6;
                from = at;
            }
            // What a backslash stands before is part of its escape, be it another backslash.
            _ => at += 2,
        }
    }
    if from == 0 {
        return None;
    }
    whole.push_str(text.get(from..)?);
    Some(whole)
}

/// The object that a list of objects of a `key` and a `value` stands for, also where the list is all that is under `key_value`; in
/// capitals or not. `None` where the JSON is nothing of the kind.
///
/// # Errors
/// [`Invalid::MapKeyRepeated`].
pub(super) fn pairs(json: &str) -> Result<Option<String>, Invalid> {
    const ONLY: &str = "\"key_value\"";
    let is_list = |text: &str| text.trim_start().starts_with('[');
    let names_list = |text: &str| {
        let name = text.trim_start().strip_prefix('{').and_then(|rest| rest.trim_start().get(..ONLY.len()));
        name.is_some_and(|name| name.eq_ignore_ascii_case(ONLY))
    };
    let list = match is_list(json) {
        true => Some(json),
        false if names_list(json) => members_of(json).and_then(|members| match members.as_slice() {
            [(_, list)] if is_list(list) => Some(*list),
            _ => None,
        }),
        false => None,
    };
    let Some(entries) = list.and_then(elements) else { return Ok(None) };
    let mut keys = Vec::with_capacity(entries.len());
    let mut object = String::with_capacity(json.len());
    for entry in entries {
        let Some(members) = members_of(entry).filter(|members| members.len() == 2) else { return Ok(None) };
        let of =
            |wanted: &str| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| *value);
        let (Some(key), Some(value)) = (of("key").filter(|key| key.starts_with('"')), of("value")) else {
            return Ok(None);
        };
        object.push(if object.is_empty() { '{' } else { ',' });
        object.push_str(key);
        object.push(':');
        object.push_str(value);
        keys.push(string(key));
    }
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Invalid::MapKeyRepeated);
    }
    object.push_str(if object.is_empty() { "{}" } else { "}" });
    Ok(Some(object))
}

/// Names and values, as written, of the members of an object. `None` when the text is not JSON or no object.
pub(super) fn members_of(text: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    let mut scanner = Scanner::new(text);
    let mut places = Vec::new();
    scanner.space();
    scanner.byte(b'{').ok()?;
    let mut push = |scanner: &mut Scanner<'_>, name| scanner.place_of_value(1).map(|place| places.push((name, place)));
    scanner.members(1, &mut push).ok()?;
    scanner.end().ok()?;
    places
        .into_iter()
        .map(|(name, (from, to))| Some((string(text.get(name.from..name.to)?)?, text.get(from..to)?)))
        .collect()
}

/// A string in the text, quotes included.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) escaped: bool,
}

/// A place in a text: where a value begins, or where the last one has ended.
pub struct Scanner<'a> {
    pub(super) text: &'a str,
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, bytes: text.as_bytes(), at: 0 }
    }

    /// The byte at hand. Zero stands for the end: no place outside a string allows it.
    #[inline]
    pub(super) fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or_default()
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) -> Result<(), Invalid> {
        if self.peek() == byte {
            self.at += 1;
            Ok(())
        } else {
            Err(Invalid::Json)
        }
    }

    pub(super) fn end(&mut self) -> Result<(), Invalid> {
        self.space();
        if self.at == self.bytes.len() { Ok(()) } else { Err(Invalid::Json) }
    }

    /// A value inside `depth` others.
    pub(super) fn value(&mut self, depth: usize) -> Result<(), Invalid> {
        match self.peek() {
            b'"' => self.string().map(|_| ()),
            b'{' => {
                self.at += 1;
                self.members(depth + 1, |scanner, _| scanner.value(depth + 1))
            }
            b'[' => {
                self.at += 1;
                self.elements(depth + 1, |scanner| scanner.value(depth + 1))
            }
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number(),
        }
    }

    /// Where the value at hand, inside `depth` others, begins and ends.
    fn place_of_value(&mut self, depth: usize) -> Result<(usize, usize), Invalid> {
        let from = self.at;
        self.value(depth)?;
        Ok((from, self.at))
    }

    /// An object behind its brace. `each` is called at the value of every member, with its name, and passes over it.
    #[inline]
    pub(super) fn members(
        &mut self,
        depth: usize,
        mut each: impl FnMut(&mut Self, Name) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        if depth > DEPTH {
            return Err(Invalid::JsonDepth);
        }
        self.space();
        if self.peek() == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let name = self.string()?;
            self.space();
            self.byte(b':')?;
            self.space();
            each(self, name)?;
            self.space();
            match self.peek() {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Invalid::Json),
            }
            self.space();
        }
    }

    /// An array behind its bracket. `each` is called at every element, and passes over it.
    #[inline]
    pub(super) fn elements(
        &mut self,
        depth: usize,
        mut each: impl FnMut(&mut Self) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        if depth > DEPTH {
            return Err(Invalid::JsonDepth);
        }
        self.space();
        if self.peek() == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            self.space();
            match self.peek() {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Invalid::Json),
            }
            self.space();
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Invalid> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            Ok(())
        } else {
            Err(Invalid::Json)
        }
    }

    #[inline]
    fn number(&mut self) -> Result<(), Invalid> {
        if self.peek() == b'-' {
            self.at += 1;
        }
        if self.peek() == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// At least one digit.
    #[inline]
    fn digits(&mut self) -> Result<(), Invalid> {
        let from = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at > from { Ok(()) } else { Err(Invalid::Json) }
    }

    #[inline]
    fn string(&mut self) -> Result<Name, Invalid> {
        let from = self.at;
        self.byte(b'"')?;
        let mut escaped = false;
        loop {
            self.at += plain_bytes(self.bytes.get(self.at..).unwrap_or_default());
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Ok(Name { from, to: self.at, escaped });
                }
                b'\\' => {
                    escaped = true;
                    self.escape()?;
                }
                _ => return Err(Invalid::Json),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Invalid> {
        self.at += 1;
        match self.peek() {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                Ok(())
            }
            b'u' => match self.unit()? {
                0xD800..0xDC00 => {
                    self.byte(b'\\')?;
                    if self.peek() == b'u' && (0xDC00..0xE000).contains(&self.unit()?) {
                        Ok(())
                    } else {
                        Err(Invalid::Json)
                    }
                }
                0xDC00..0xE000 => Err(Invalid::Json),
                _ => Ok(()),
            },
            _ => Err(Invalid::Json),
        }
    }

    /// The four hexadecimal digits behind the `u` at hand.
    fn unit(&mut self) -> Result<u32, Invalid> {
        self.at += 1;
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit * 16 + char::from(self.peek()).to_digit(16).ok_or(Invalid::Json)?;
            self.at += 1;
        }
        Ok(unit)
    }
}

/// How many bytes from the start need no look in a JSON string: none of quote, backslash and control characters.
#[inline]
fn plain_bytes(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    // The high bit of a byte becomes set where the byte is smaller than the bound; in a lower byte never wrongly.
    let below = |word: u64, bound: u8| word.wrapping_sub(ONES.wrapping_mul(u64::from(bound))) & !word;
    let mut count = 0;
    let mut rest = bytes;
    while let Some((chunk, more)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let quote = below(word ^ ONES.wrapping_mul(u64::from(b'"')), 1);
        let backslash = below(word ^ ONES.wrapping_mul(u64::from(b'\\')), 1);
        let found = (below(word, b' ') | quote | backslash) & HIGH;
        if found != 0 {
            return count + (found.trailing_zeros() / 8) as usize;
        }
        count += 8;
        rest = more;
    }
    count + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F)).unwrap_or(rest.len())
}
