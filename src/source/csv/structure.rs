//! Where the fields of CSV text end, found 64 bytes at a time.
//!
//! Each special byte of a word of 64 bytes is a bit of a mask, and the rules of quoting are then a few operations on whole
//! masks: hardly any byte is looked at on its own. This is what makes a field that nobody reads nearly free.

/// Bytes in a word.
pub(super) const WORD: usize = 64;

/// Bytes compared by one instruction on every processor we know.
const LANES: usize = 16;

/// What one word says. Bit `n` is byte `n`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Structure {
    /// Commas and newlines outside quotes.
    pub(super) separators: u64,
    /// Quotes where none may stand.
    pub(super) stray: u64,
    /// What directly follows a closing quote and is neither quote, comma nor newline. Only a carriage return may.
    pub(super) behind: u64,
}

/// What the next word must know about the ones before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carry {
    /// All bits: inside quotes.
    inside: u64,
    /// Bit 0: a quote may open here.
    may_open: u64,
    /// Bit 0: directly behind a closing quote.
    behind: u64,
}

impl Default for Carry {
    /// The start of a record.
    fn default() -> Self {
        Self { inside: 0, may_open: 1, behind: 0 }
    }
}

impl Carry {
    /// Whether the text so far ends inside quotes.
    pub(super) fn is_inside(self) -> bool {
        self.inside != 0
    }
}

impl Structure {
    /// Reads a word. The last word of a text is filled up with any bytes, and only those in `valid` are of the text.
    #[inline]
    pub(super) fn read(word: &[u8; WORD], valid: u64, carry: &mut Carry) -> Self {
        let quotes = quotes(word) & valid;
        let marks = mask(word, |byte| (byte == b',') | (byte == b'\n')) & valid;
        // Bit n: an odd number of quotes up to and with byte n. So an opening quote lies inside, a closing one outside.
        let inside = odd_up_to(quotes) ^ carry.inside;
        let separators = marks & !inside;
        let opening = quotes & inside;
        let closing = quotes & !inside;
        // A field opens at its start, or again with the second of two quotes in it.
        let may_open = ((separators | closing) << 1) | carry.may_open;
        let behind = (closing << 1) | carry.behind;

        carry.inside = 0_u64.wrapping_sub(inside >> 63);
        carry.may_open = (separators | closing) >> 63;
        carry.behind = closing >> 63;
        Self { separators, stray: opening & !may_open, behind: behind & !(quotes | marks) & valid }
    }
}

/// The quotes of a word.
#[inline]
pub(super) fn quotes(word: &[u8; WORD]) -> u64 {
    mask(word, |byte| byte == b'"')
}

/// Bit n of the result: whether an odd number of the bits 0 to n is set.
#[inline]
pub(super) fn odd_up_to(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// The bytes of a word that are the wanted ones.
///
/// Written so that the compiler compares [`LANES`] bytes with one instruction, which it does only when nothing is carried
/// from byte to byte: byte `16 k + l` leaves its bit in lane `l`. Lanes `l` and `l + 8` hold different bits and fall
/// together, which leaves byte `8 r + c` of the word at bit `r` of byte `c`: a square of bits, on its side.
#[inline]
fn mask(word: &[u8; WORD], wanted: impl Fn(u8) -> bool) -> u64 {
    const BITS: [u8; WORD] = {
        let mut bits = [0; WORD];
        let mut at = 0;
        while at < WORD {
            bits[at] = 1 << (at / 8);
            at += 1;
        }
        bits
    };
    let mut lanes = [0; LANES];
    for (at, lane) in lanes.iter_mut().enumerate() {
        let bit = |row: usize| if wanted(word[at + row * LANES]) { BITS[at + row * LANES] } else { 0 };
        *lane = bit(0) | bit(1) | bit(2) | bit(3);
    }
    let lanes = u128::from_le_bytes(lanes);
    swap_rows_and_columns((lanes as u64) | ((lanes >> 64) as u64))
}

/// Moves bit `c` of byte `r` to bit `r` of byte `c`: by halves, quarters and eighths of the square.
#[inline]
fn swap_rows_and_columns(square: u64) -> u64 {
    let swap = |square: u64, distance: u32, moved: u64| {
        let changed = (square ^ (square >> distance)) & moved;
        square ^ changed ^ (changed << distance)
    };
    let square = swap(square, 7, 0x00AA_00AA_00AA_00AA);
    let square = swap(square, 14, 0x0000_CCCC_0000_CCCC);
    swap(square, 28, 0x0000_0000_F0F0_F0F0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_mask_has_the_bits_of_the_wanted_bytes(word in any::<[[u8; 32]; 2]>(), wanted in any::<u8>(), mostly: bool) {
            let mut bytes = [0; WORD];
            bytes.copy_from_slice(word.as_flattened());
            for byte in bytes.iter_mut().filter(|byte| mostly && **byte % 3 == 0) {
                *byte = wanted;
            }
            let expected = (0..WORD).filter(|at| bytes[*at] == wanted).fold(0, |bits, at| bits | (1_u64 << at));
            prop_assert_eq!(mask(&bytes, |byte| byte == wanted), expected);
        }

        #[test]
        fn parity_counts_the_bit_itself_and_all_below(bits in any::<u64>()) {
            let expected = (0..64).filter(|at| (bits << (63 - at)).count_ones() % 2 == 1).fold(0, |odd, at| odd | (1_u64 << at));
            prop_assert_eq!(odd_up_to(bits), expected);
        }
    }
}
