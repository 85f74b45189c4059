//! A token bucket: so many requests a second, and as many at once as one second brings.

use std::time::Instant;

/// A token is so many drops, so that refilling needs no fraction.
const TOKEN: u128 = 1_000_000;

/// The bucket.
#[derive(Debug)]
pub struct Bucket {
    rate: u128,
    drops: u128,
    at: Instant,
}

impl Bucket {
    /// A full one that brings `rate` tokens a second.
    pub fn new(rate: u32, now: Instant) -> Self {
        let rate = u128::from(rate.max(1));
        Self { rate, drops: rate * TOKEN, at: now }
    }

    /// Takes a token if there is one.
    pub fn take(&mut self, now: Instant) -> bool {
        let micros = now.saturating_duration_since(self.at).as_micros();
        self.at = now;
        self.drops = (self.drops + micros * self.rate).min(self.rate * TOKEN);
        let taken = self.drops >= TOKEN;
        if taken {
            self.drops -= TOKEN;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_gives_a_second_s_worth_at_once_and_then_one_at_a_time() {
        let start = Instant::now();
        let mut bucket = Bucket::new(4, start);
        assert_eq!([(); 5].map(|()| bucket.take(start)), [true, true, true, true, false]);
        assert!(!bucket.take(start + Duration::from_millis(249)));
        assert!(bucket.take(start + Duration::from_millis(251)));
        assert!(!bucket.take(start + Duration::from_millis(260)));
    }
}
