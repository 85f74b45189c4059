//! One budget of requests for the whole account. Pure: the time comes in.
//!
//! Requests are spaced evenly and a hundredth slower than allowed, so that a server that counts as strictly has room for
//! clocks that differ. One that is late by less than a quarter of the space does not delay those behind it.

use std::time::Duration;

use tokio::time::Instant;

use crate::settings::Rate;

/// How long an account goes slower after it said that it was asked too often, before half of that is taken back.
const SLOW: Duration = Duration::from_secs(10);
/// The most it is slowed: the space doubles so often.
const SLOWEST: u32 = 3;
/// The space while slowed where none is set.
const UNSET: Duration = Duration::from_millis(20);

/// When the next request may go.
#[derive(Debug, Clone)]
pub struct Pace {
    space: Duration,
    next: Instant,
    slow: u32,
    changed: Instant,
    /// Answers to requests from before the last pause say nothing new.
    paused: Option<Instant>,
}

impl Pace {
    /// Of this rate; without one, requests go as they come.
    pub fn new(rate: Option<Rate>, now: Instant) -> Self {
        let space = rate.map_or(Duration::ZERO, |rate| rate.per * 101 / 100 / rate.requests.get());
        Self { space, next: now, slow: 0, changed: now, paused: None }
    }

    /// When the next request may go.
    pub fn opens_at(&self) -> Instant {
        self.next
    }

    /// A request goes now.
    pub fn take(&mut self, now: Instant) {
        if self.slow > 0 && now.duration_since(self.changed) >= SLOW {
            self.slow -= 1;
            self.changed = now;
        }
        let space = if self.slow > 0 { self.space.max(UNSET) * 2_u32.pow(self.slow) } else { self.space };
        let latest = now.checked_sub(space / 4).unwrap_or(now);
        self.next = self.next.max(latest) + space;
    }

    /// The account said that it was asked too often, to a request that had gone at `sent`: nothing goes for a time, and
    /// then slower for a while.
    pub fn pause(&mut self, now: Instant, sent: Instant, time: Duration) {
        self.next = self.next.max(now + time);
        if self.paused.is_none_or(|paused| sent > paused) {
            self.slow = (self.slow + 1).min(SLOWEST);
            self.changed = now + time;
            self.paused = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(requests: u32) -> Option<Rate> {
        Some(Rate { requests: requests.try_into().unwrap(), per: Duration::from_secs(1) })
    }

    /// Requests in a minute when each goes so late.
    fn in_a_minute(requests: u32, late: Duration) -> u32 {
        let start = Instant::now();
        let mut pace = Pace::new(rate(requests), start);
        let mut count = 0;
        while pace.opens_at() + late < start + Duration::from_secs(60) {
            pace.take(pace.opens_at() + late);
            count += 1;
        }
        count
    }

    #[test]
    fn more_than_95_of_a_hundred_are_used_also_when_timers_are_late_and_never_all() {
        for requests in [8, 50, 200] {
            let budget = requests * 60;
            for late in [0, 1] {
                let used = in_a_minute(requests, Duration::from_millis(late));
                assert!(used * 100 > budget * 95 && used < budget, "{used} of {budget}");
            }
        }
    }

    #[test]
    fn time_that_was_not_used_is_not_made_up_for() {
        let start = Instant::now();
        let mut pace = Pace::new(rate(10), start);
        pace.take(start);
        let late = start + Duration::from_secs(60);
        pace.take(late);
        assert!(pace.opens_at() >= late + Duration::from_millis(75));
    }

    #[test]
    fn without_a_rate_nothing_waits() {
        let start = Instant::now();
        let mut pace = Pace::new(None, start);
        (0..1000).for_each(|_| pace.take(start));
        assert_eq!(pace.opens_at(), start);
    }

    #[test]
    fn asked_too_often_pauses_everybody_then_goes_slower_and_recovers() {
        let start = Instant::now();
        let mut pace = Pace::new(rate(10), start);
        pace.take(start);
        pace.pause(start, start, Duration::from_secs(2));
        // Answers to requests from before the pause: the same news.
        pace.pause(start, start, Duration::from_secs(1));
        assert_eq!(pace.opens_at(), start + Duration::from_secs(2));
        let mut space = || {
            let before = pace.opens_at();
            pace.take(before);
            pace.opens_at() - before
        };
        assert_eq!(space(), Duration::from_millis(202));
        let spaces: Vec<Duration> = (0..60).map(|_| space()).collect();
        assert_eq!(spaces.last(), Some(&Duration::from_millis(101)));
    }

    #[test]
    fn without_a_rate_too_it_goes_slower_for_a_while() {
        let start = Instant::now();
        let mut pace = Pace::new(None, start);
        pace.pause(start, start, Duration::ZERO);
        pace.take(start);
        assert_eq!(pace.opens_at(), start + Duration::from_millis(40));
    }
}
