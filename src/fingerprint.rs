//! XXH3-128 of bytes as 32 hexadecimal digits: tells bytes that changed from bytes that did not. No defence against
//! somebody who makes them alike on purpose.

use std::io::{self, Read, Write};

use twox_hash::XxHash3_128;

/// The hash as it is written in file names and records.
pub fn text(hash: &XxHash3_128) -> String {
    format!("{:032x}", hash.finish_128())
}

/// Of everything that is left to read.
///
/// # Errors
/// The reader's.
pub fn of_reader(mut reader: impl Read) -> io::Result<String> {
    let mut hash = XxHash3_128::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(text(&hash)),
            read => hash.write(&buffer[..read]),
        }
    }
}

/// Something that is written to, and the hash of all that was written.
pub struct Hashing<W> {
    inner: W,
    hash: XxHash3_128,
}

impl<W> Hashing<W> {
    /// Nothing was written yet.
    pub fn new(inner: W) -> Self {
        Self { inner, hash: XxHash3_128::new() }
    }

    /// What was written to, and the hash.
    pub fn into_parts(self) -> (W, XxHash3_128) {
        (self.inner, self.hash)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.write(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Bytes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to memory does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_other_byte_is_another_fingerprint_and_pieces_are_none() {
        let whole = of_reader(&b"amount,10"[..]).unwrap();
        let mut pieces = XxHash3_128::new();
        pieces.write(b"amount");
        pieces.write(b",10");
        assert_eq!(text(&pieces), whole);
        assert_eq!(whole.len(), 32);
        assert_ne!(of_reader(&b"amount,11"[..]).unwrap(), whole);
    }
}
