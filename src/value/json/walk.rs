//! JSON text read once, from front to back, by one who knows which of its fields matter and passes over all others.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::scan::{Scanner, string};
use crate::value::Invalid;

/// What is passed over may be nested to any depth and may hold half of a surrogate pair: that is the concern of the column
/// that it is, if it is one. What is read field by field must have names that stand for text.
impl<'a> Scanner<'a> {
    /// At the value that the text is.
    pub fn of(text: &'a str) -> Self {
        let mut scanner = Self::new(text);
        scanner.space();
        scanner
    }

    /// The first byte of the value at hand; zero where there is none.
    pub fn first(&self) -> u8 {
        self.peek()
    }

    /// Where it stands, for [`Self::back_to`].
    pub fn place(&self) -> usize {
        self.at
    }

    /// Goes back to a place where a value began.
    pub fn back_to(&mut self, place: usize) {
        self.at = place;
    }

    /// Passes over the value at hand: its text.
    ///
    /// # Errors
    /// [`Invalid::Json`] when it is none.
    pub fn pass(&mut self) -> Result<&'a str, Invalid> {
        let from = self.at;
        if self.value(0).is_err() {
            // That was stricter than JSON is.
            let rest = self.text.get(from..).unwrap_or_default();
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
            if !matches!(values.next(), Some(Ok(_))) {
                return Err(Invalid::Json);
            }
            self.at = from + values.byte_offset();
        }
        Ok(self.since(from))
    }

    /// Reads the object at hand, and gives its text. `each` is called at the value of each field, with its name, and passes
    /// over it.
    ///
    /// # Errors
    /// [`Invalid::Json`] when it is none, or when a name stands for no text; those of `each`.
    #[inline]
    pub fn fields(
        &mut self,
        mut each: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), Invalid>,
    ) -> Result<&'a str, Invalid> {
        let from = self.at;
        self.byte(b'{')?;
        self.members(0, |scanner, name| {
            let written = |from, to| scanner.text.get(from..to).unwrap_or_default();
            let name = match name.escaped {
                true => string(written(name.from, name.to)).ok_or(Invalid::Json)?,
                false => Cow::Borrowed(written(name.from + 1, name.to - 1)),
            };
            each(scanner, name)
        })?;
        Ok(self.since(from))
    }

    /// Reads the array at hand, and gives its text. `each` is called at each element, and passes over it.
    ///
    /// # Errors
    /// [`Invalid::Json`] when it is none; those of `each`.
    #[inline]
    pub fn entries(&mut self, each: impl FnMut(&mut Self) -> Result<(), Invalid>) -> Result<&'a str, Invalid> {
        let from = self.at;
        self.byte(b'[')?;
        self.elements(0, each)?;
        Ok(self.since(from))
    }

    /// Sees that nothing is left.
    ///
    /// # Errors
    /// [`Invalid::Json`] when something is.
    pub fn finish(&mut self) -> Result<(), Invalid> {
        self.end()
    }

    fn since(&self, from: usize) -> &'a str {
        self.text.get(from..self.at).unwrap_or_default()
    }
}
