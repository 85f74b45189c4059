//! Doubled quotes as one.
//!
//! A JSON column is most of an export file and a third of its bytes are doubled quotes, so this is done in words too, and
//! copied in pieces of one size: the length of a piece varies too much to be worth a call each.

use super::structure::{WORD, odd_up_to, quotes};

/// Bytes copied at a time. What is copied too much is overwritten by the next piece, or cut off.
const PIECE: usize = 16;

/// Appends `raw`, whose quotes all come in pairs, with one quote for each pair.
pub(super) fn append(raw: &[u8], out: &mut Vec<u8>) {
    let mut to = out.len();
    out.resize(to + raw.len() + WORD + PIECE, 0);
    // All bits: the word before ended between the quotes of a pair.
    let mut carry = 0;
    for chunk in raw.chunks(WORD) {
        let mut word = [0; WORD];
        match chunk.first_chunk::<WORD>() {
            Some(whole) => word = *whole,
            None => word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from),
        }
        let quotes = quotes(&word);
        let odd = odd_up_to(quotes) ^ carry;
        carry = 0_u64.wrapping_sub(odd >> 63);
        let mut second = quotes & !odd;
        let mut padded = [0; WORD + PIECE];
        padded[..WORD].copy_from_slice(&word);
        let mut from = 0;
        loop {
            // Of the last run of a word all is copied, and only what belongs to the text is counted.
            let end = chunk.len().min(second.trailing_zeros() as usize);
            let mut copied = from;
            while copied < end {
                let (piece, place) = (padded.get(copied..copied + PIECE), out.get_mut(to + copied - from..));
                if let (Some(piece), Some(place)) = (piece, place.and_then(|place| place.first_chunk_mut::<PIECE>())) {
                    place.copy_from_slice(piece);
                }
                copied += PIECE;
            }
            to += end - from;
            if second == 0 {
                break;
            }
            from = end + 1;
            second &= second - 1;
        }
    }
    out.truncate(to);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_pair_of_quotes_becomes_one_wherever_words_begin(text in "(\"|\"\"|[a-z]{0,3}|[a-zé]{0,40}){0,40}", before in "[a-z]{0,70}") {
            let mut out = before.clone().into_bytes();
            append(text.replace('"', "\"\"").as_bytes(), &mut out);
            prop_assert_eq!(String::from_utf8(out), Ok(before + &text));
        }
    }
}
