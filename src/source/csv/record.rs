//! The records and fields of a block.

use super::structure::{Carry, Structure, WORD};
use super::{CsvError, count, halve};
use memchr::memchr;
use std::borrow::Cow;
use std::cell::Cell;

/// Walks the records of some bytes that begin with a record, in their order.
///
/// A record ends with LF or CRLF; the last may end with the bytes, or with a CR whose LF was lost. A CR elsewhere is
/// data. Empty lines are records of one empty field where there is one column, otherwise they are skipped.
#[derive(Debug)]
pub struct Records<'b> {
    bytes: &'b [u8],
    columns: usize,
    /// Where the next record begins.
    from: usize,
    /// Where the word at hand begins.
    word: usize,
    /// Separators in the word at hand that are still to be walked.
    separators: u64,
    /// The first byte that breaks the rules, once it is in the word at hand.
    fault: Option<usize>,
    carry: Carry,
    next_word: usize,
    /// Where the fields of the record at hand end.
    ends: Vec<usize>,
    lines: Lines<'b>,
}

/// Line numbers, counted only when asked for, and no newline twice as long as the questions go forwards.
#[derive(Debug)]
struct Lines<'b> {
    bytes: &'b [u8],
    /// A position and the line it lies on.
    known: Cell<(usize, u64)>,
}

impl Lines<'_> {
    /// The line of a position not before the last one asked for.
    fn at(&self, position: usize) -> u64 {
        let (from, line) = self.known.get();
        let line = line + count(b'\n', self.bytes.get(from..position).unwrap_or_default());
        self.known.set((position, line));
        line
    }
}

/// One record.
#[derive(Debug, Clone, Copy)]
pub struct Record<'b, 'r> {
    bytes: &'b [u8],
    from: usize,
    ends: &'r [usize],
    columns: usize,
    lines: &'r Lines<'b>,
}

/// One field as it stands in the file. Reading it costs nothing until its bytes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'b> {
    /// Without the quotes around it; quotes inside are still doubled.
    raw: &'b [u8],
    quoted: bool,
}

impl<'b> Records<'b> {
    pub(super) fn new(bytes: &'b [u8], columns: usize, line: u64) -> Self {
        Self {
            bytes,
            columns,
            from: 0,
            word: 0,
            separators: 0,
            fault: None,
            carry: Carry::default(),
            next_word: 0,
            ends: Vec::with_capacity(columns),
            lines: Lines { bytes, known: Cell::new((0, line)) },
        }
    }

    /// The next record, or `None` behind the last.
    ///
    /// # Errors
    /// [`CsvError::QuoteInUnquotedField`], [`CsvError::TextBehindQuote`] or [`CsvError::Unclosed`]; nothing comes behind it.
    pub fn next_record(&mut self) -> Result<Option<Record<'b, '_>>, CsvError> {
        self.ends.clear();
        loop {
            while self.separators != 0 {
                let at = self.word + self.separators.trailing_zeros() as usize;
                self.separators &= self.separators - 1;
                self.ends.push(at);
                if self.bytes.get(at) == Some(&b'\n') {
                    let from = std::mem::replace(&mut self.from, at + 1);
                    if self.is_blank(from, at) {
                        self.ends.clear();
                        continue;
                    }
                    return Ok(Some(self.record(from)));
                }
            }
            if let Some(at) = self.fault {
                return Err(self.fault(at));
            }
            if !self.read_word() {
                return self.last();
            }
        }
    }

    /// Bytes walked over by the records so far.
    pub(super) fn consumed(&self) -> usize {
        self.from
    }

    /// The line the next record begins on.
    pub(super) fn line(&self) -> u64 {
        self.lines.at(self.from)
    }

    #[inline]
    fn read_word(&mut self) -> bool {
        let rest = self.bytes.get(self.next_word..).unwrap_or_default();
        let structure = match rest.first_chunk::<WORD>() {
            Some(word) => Structure::read(word, u64::MAX, &mut self.carry),
            None if rest.is_empty() => return false,
            None => {
                let mut word = [0; WORD];
                for (to, from) in word.iter_mut().zip(rest) {
                    *to = *from;
                }
                Structure::read(&word, below(rest.len()), &mut self.carry)
            }
        };
        self.word = self.next_word;
        self.next_word += rest.len().min(WORD);
        self.separators = structure.separators;
        if (structure.stray | structure.behind) != 0 {
            self.find_fault(structure);
        }
        true
    }

    /// Finds the first fault of a word that has a suspect, and hides what lies behind it.
    fn find_fault(&mut self, structure: Structure) {
        let mut suspects = structure.stray | structure.behind;
        while suspects != 0 {
            let bit = suspects.trailing_zeros() as usize;
            suspects &= suspects - 1;
            let at = self.word + bit;
            let ends_a_line = matches!(self.bytes.get(at..), Some([b'\r'] | [b'\r', b'\n', ..]));
            if !ends_a_line {
                self.separators &= below(bit);
                self.fault = Some(at);
                return;
            }
        }
    }

    /// Whether the bytes are a line to be skipped.
    #[inline]
    fn is_blank(&self, from: usize, to: usize) -> bool {
        self.columns > 1
            && self.ends.len() == 1
            && (from == to || (from + 1 == to && self.bytes.get(from) == Some(&b'\r')))
    }

    #[inline]
    fn record(&self, from: usize) -> Record<'b, '_> {
        Record { bytes: self.bytes, from, ends: &self.ends, columns: self.columns, lines: &self.lines }
    }

    /// What stands behind the last newline.
    #[cold]
    fn last(&mut self) -> Result<Option<Record<'b, '_>>, CsvError> {
        let end = self.bytes.len();
        let from = std::mem::replace(&mut self.from, end);
        if from == end {
            return Ok(None);
        }
        if self.carry.is_inside() {
            return Err(CsvError::Unclosed { line: self.lines.at(self.field_at_hand(from)) });
        }
        self.ends.push(end);
        Ok(if self.is_blank(from, end) { None } else { Some(self.record(from)) })
    }

    /// The fault at a position. Nothing is read behind it.
    #[cold]
    fn fault(&mut self, at: usize) -> CsvError {
        let field = self.field_at_hand(self.from);
        let end = self.bytes.len();
        (self.fault, self.from, self.next_word) = (None, end, end);
        // Text follows a quote that closes; what is at fault in a field that no quote opened is the quote.
        let quote = if self.bytes.get(field) == Some(&b'"') { at.checked_sub(1) } else { Some(at) };
        let before = quote.and_then(|quote| quote.checked_sub(1)).filter(|before| *before > field);
        if before.is_some_and(|before| self.bytes.get(before) == Some(&b'\\')) {
            return CsvError::EscapedQuote { line: self.lines.at(at) };
        }
        if self.bytes.get(field) == Some(&b'"') {
            CsvError::TextBehindQuote { opened: self.lines.at(field), line: self.lines.at(at) }
        } else {
            CsvError::QuoteInUnquotedField { line: self.lines.at(at) }
        }
    }

    /// Where the unfinished field of a record begins.
    fn field_at_hand(&self, from: usize) -> usize {
        self.ends.last().map_or(from, |end| end + 1)
    }
}

/// The bits below one of a word.
#[inline]
fn below(bit: usize) -> u64 {
    (1 << bit) - 1
}

impl<'b, 'r> Record<'b, 'r> {
    /// How many fields it has, at least one.
    #[expect(clippy::len_without_is_empty, reason = "a record is never empty")]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has other than the expected number of fields.
    pub fn is_ragged(&self) -> bool {
        self.ends.len() != self.columns
    }

    /// The line of the file, from 1, that it begins on.
    pub fn line(&self) -> u64 {
        self.lines.at(self.from)
    }

    /// The record as it stands in the file, without its line end.
    pub fn bytes(&self) -> &'b [u8] {
        let end = self.ends.last().copied().unwrap_or(self.from);
        without_return(self.bytes.get(self.from..end).unwrap_or_default())
    }

    /// The field at a position from 0, if the record has so many.
    #[inline]
    pub fn field(&self, at: usize) -> Option<Field<'b>> {
        let end = *self.ends.get(at)?;
        let from = match at.checked_sub(1) {
            Some(before) => self.ends.get(before)? + 1,
            None => self.from,
        };
        let mut raw = self.bytes.get(from..end)?;
        if at + 1 == self.ends.len() {
            raw = without_return(raw);
        }
        Some(match raw {
            [b'"', raw @ .., b'"'] => Field { raw, quoted: true },
            raw => Field { raw, quoted: false },
        })
    }

    /// All its fields.
    pub fn fields(self) -> impl Iterator<Item = Field<'b>> + use<'b, 'r> {
        (0..self.ends.len()).filter_map(move |at| self.field(at))
    }
}

#[inline]
fn without_return(line: &[u8]) -> &[u8] {
    match line {
        [line @ .., b'\r'] => line,
        line => line,
    }
}

impl<'b> Field<'b> {
    /// Whether it stood in quotes: `""` is an empty text where an empty field may be none at all.
    pub fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Whether it holds no bytes.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Its bytes; copied only if it holds doubled quotes, which become one.
    pub fn to_bytes(&self) -> Cow<'b, [u8]> {
        if self.is_plain() {
            return Cow::Borrowed(self.raw);
        }
        let mut bytes = Vec::new();
        halve::append(self.raw, &mut bytes);
        Cow::Owned(bytes)
    }

    /// Its bytes, borrowed from `scratch` if it holds doubled quotes: no memory of its own for each field.
    #[inline]
    pub fn bytes<'s>(&self, scratch: &'s mut Vec<u8>) -> &'s [u8]
    where
        'b: 's,
    {
        if self.is_plain() {
            return self.raw;
        }
        scratch.clear();
        halve::append(self.raw, scratch);
        scratch
    }

    /// Whether the bytes in the file are the bytes of the field.
    #[inline]
    fn is_plain(&self) -> bool {
        !self.quoted || memchr(b'"', self.raw).is_none()
    }

    /// Appends its bytes, doubled quotes as one.
    pub fn append_to(&self, out: &mut Vec<u8>) {
        if self.is_plain() { out.extend_from_slice(self.raw) } else { halve::append(self.raw, out) }
    }
}
