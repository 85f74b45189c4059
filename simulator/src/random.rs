//! Chance as a pure function of a seed, so that any event or id can be made again alone, in any order, without keeping it.
//!
//! Knows nothing of billing. The mixer is splitmix64, which passes the usual statistical tests and fits in three lines.

/// Scrambles one 64-bit word (the output function of splitmix64).
pub fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A stream of random words, determined by where it starts.
#[derive(Debug, Clone)]
pub struct Draw(u64);

impl Draw {
    /// The stream of `seed` for thing number `index` of a `kind`; different kinds and indices are unrelated.
    pub fn new(seed: u64, kind: u64, index: u64) -> Self {
        Self(mix(seed ^ mix(kind ^ mix(index.wrapping_add(0x9e37_79b9_7f4a_7c15)))))
    }

    /// The next 64 bits.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number in `0..bound`, and 0 for a bound of 0; the bias of taking a remainder does not matter here.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.word() % bound.max(1)
    }

    /// An index into a list of `len` things.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// The place of a draw in a list of weights.
    pub fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            if left < *weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}

/// An id in the form of a name-based (version 5) UUID: the same seed, kind and numbers give the same id.
pub fn uuid(seed: u64, kind: &str, numbers: &[u64]) -> String {
    let name = kind
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let place = numbers.iter().fold(name, |hash, number| mix(hash ^ mix(number.wrapping_add(0x1656_67b1_9e37_79f9))));
    let mut draw = Draw::new(seed, name, place);
    let (high, low) = (draw.word(), draw.word());
    format!(
        "{:08x}-{:04x}-5{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_depends_on_the_seed_the_kind_and_every_number() {
        let id = uuid(5, "invoice", &[1, 2]);
        assert_eq!(id, uuid(5, "invoice", &[1, 2]));
        assert_eq!(id.len(), 36);
        for other in [uuid(6, "invoice", &[1, 2]), uuid(5, "line", &[1, 2]), uuid(5, "invoice", &[2, 1])] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn a_weight_of_zero_is_never_drawn() {
        let mut draw = Draw::new(1, 2, 3);
        assert!((0..1000).all(|_| draw.weighted(&[3, 0, 2]) != 1));
    }
}
