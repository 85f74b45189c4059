//! The usage of one customer, made again from its events when asked for. Only event numbers are kept: four bytes an event.

use crate::account::Account;
use crate::calendar::Millis;
use crate::decimal::Quantity;
use crate::price_list::METRICS;
use std::sync::{Arc, OnceLock};

/// The first customers send most of the events, so their usage is kept once it was asked for.
const KEPT: usize = 8;

/// Which events are whose.
#[derive(Debug)]
pub(crate) struct EventIndex {
    starts: Vec<u32>,
    numbers: Vec<u32>,
    kept: [OnceLock<Arc<Measured>>; KEPT],
}

impl EventIndex {
    fn of(account: &Account) -> Self {
        let customers = account.customers.len();
        let mut pairs: Vec<(u32, u32)> = account
            .all_events()
            .filter_map(|event| event.customer.map(|place| (place as u32, event.number as u32)))
            .collect();
        pairs.sort_unstable();
        let mut starts = vec![0; customers + 1];
        for (place, _) in &pairs {
            starts[*place as usize + 1] += 1;
        }
        for place in 0..customers {
            starts[place + 1] += starts[place];
        }
        let numbers = pairs.into_iter().map(|(_, number)| number).collect();
        Self { starts, numbers, kept: Default::default() }
    }
}

/// One measure of one event.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// When it happened.
    pub at: Millis,
    /// When it was known: the same moment, but for what came late.
    pub known_at: Millis,
    /// The metric.
    pub metric: usize,
    /// How much.
    pub quantity: Quantity,
}

/// Everything a customer used, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Measured(pub Vec<Measure>);

impl Measured {
    /// The measures from a moment (inclusive) until another (exclusive).
    pub fn between(&self, from: Millis, until: Millis) -> &[Measure] {
        let start = self.0.partition_point(|one| one.at < from);
        let end = self.0.partition_point(|one| one.at < until).max(start);
        &self.0[start..end]
    }

    /// The sums of a stretch of time, by metric, of what was known before a moment.
    pub fn sums(&self, from: Millis, until: Millis, known: Millis) -> [Quantity; METRICS] {
        let mut sums = [Quantity::default(); METRICS];
        for one in self.between(from, until).iter().filter(|one| one.known_at < known) {
            sums[one.metric] += one.quantity;
        }
        sums
    }
}

impl Account {
    fn event_index(&self) -> &EventIndex {
        self.index.get_or_init(|| EventIndex::of(self))
    }

    /// The numbers of a customer's events, oldest first. The first call looks at every event of the account.
    pub fn events_of(&self, place: usize) -> &[u32] {
        let index = self.event_index();
        &index.numbers[index.starts[place] as usize..index.starts[place + 1] as usize]
    }

    /// What a customer used, billed or not.
    pub fn measured(&self, place: usize) -> Arc<Measured> {
        let make = || {
            let events = self.events_of(place).iter().map(|number| self.event(u64::from(*number)));
            let measures = events.flat_map(|event| {
                let (at, known_at) = (event.at, self.late(&event).unwrap_or(event.at));
                let measures = event.body.measures().into_iter().flatten();
                measures.map(move |(metric, quantity)| Measure { at, known_at, metric, quantity })
            });
            Arc::new(Measured(measures.collect()))
        };
        match self.event_index().kept.get(place) {
            Some(kept) => kept.get_or_init(make).clone(),
            None => make(),
        }
    }
}
