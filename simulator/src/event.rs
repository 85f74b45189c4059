//! Usage events. Event number `i` is a function of the account alone, so two million of them need no memory and any range
//! can be made again: for invoices, for the answers, for a repeated delivery.
//!
//! Knows nothing of how an event is written down.

use crate::account::{Account, Deal, FEWEST_CUSTOMERS, Scale};
use crate::calendar::{DAY, HOUR, Millis, civil};
use crate::decimal::Quantity;
use crate::price_list::{
    CHECKS, CLOUDS, CPU, IMAGES, INFRASTRUCTURE, INSTANCES, LANGUAGE, MODELS, PLATFORM, REGIONS, SIZES, STORAGE,
    STUDIO, TUNING, UNBILLED_SIZE, VCPU,
};
use crate::random::{Draw, mix};

/// One usage event.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its number in the account, 0 the oldest.
    pub number: u64,
    /// What makes it unique; written as 32 hexadecimal digits.
    pub transaction: u128,
    /// Who sent it; none for a sender the account does not know.
    pub customer: Option<usize>,
    /// Which of the customer's names it was sent under: an alias, or (one past them) Metronome's own id.
    pub sender: usize,
    /// When the usage happened. Never before that of the event with the number before.
    pub at: Millis,
    /// What happened.
    pub body: Body,
}

/// What an event reports, and every word of its properties.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are the properties of the same name")]
pub enum Body {
    /// `usage_events`: machine and storage hours.
    Machine {
        instance: usize,
        region: usize,
        cpu_hours: u64,
        storage_quarters: u64,
        gpu_hours: u64,
        nodes: u64,
        cluster: usize,
    },
    /// `infra-usage`: vCPU hours with many decimals.
    Infra { cloud: usize, region: usize, cluster: u64, project: u64, organization: u64, quantity: Quantity },
    /// `language_modeler`: words written.
    Language { model: usize, words: u64, user: usize },
    /// `image_modeler`: images made; a size one past [`SIZES`] is the one without a metric.
    Images { size: usize, count: u64, user: usize },
    /// `fine_tuning`: words trained on.
    Tuning { model: usize, words: u64, user: usize },
    /// `identity_check` and its three siblings, of which only the first is billed.
    Check { kind: usize, user: usize, passed: bool },
}

/// The event types of [`Body::Check`].
pub const CHECK_TYPES: &[&str] =
    &["identity_check", "name_verification", "address_verification", "irs_tax_id_verification"];
/// People who use the customers' products.
pub const USERS: &[&str] = &["adeyemi", "bergstrom", "castellano", "dlamini", "eriksen"];
/// Clusters of machines.
pub const CLUSTERS: &[&str] = &["4c1e-8a70-93bd", "e7f2-41d9-a6b8"];
/// Regions of `infra-usage` per cloud.
pub const CLOUD_REGIONS: &[&[&str]] = &[&["eu-north-1", "us-west-1"], &["europe-west4", "us-central1"]];

impl Body {
    /// The event type.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::Machine { .. } => "usage_events",
            Self::Infra { .. } => "infra-usage",
            Self::Language { .. } => "language_modeler",
            Self::Images { .. } => "image_modeler",
            Self::Tuning { .. } => "fine_tuning",
            Self::Check { kind, .. } => CHECK_TYPES[*kind],
        }
    }

    /// What it adds to which metrics; at most two.
    pub fn measures(&self) -> [Option<(usize, Quantity)>; 2] {
        match *self {
            Self::Machine { instance, region, cpu_hours, storage_quarters, .. } => [
                Some((CPU.start + instance, Quantity::whole(cpu_hours))),
                Some((STORAGE.start + region, Quantity::quarters(storage_quarters))),
            ],
            Self::Infra { cloud, quantity, .. } => [Some((VCPU.start + cloud, quantity)), None],
            Self::Language { model, words, .. } => [Some((LANGUAGE.start + model, Quantity::whole(words))), None],
            Self::Images { size, count, .. } => {
                [(size < SIZES.len()).then(|| (IMAGES.start + size, Quantity::whole(count))), None]
            }
            Self::Tuning { model, words, .. } => [Some((TUNING.start + model, Quantity::whole(words))), None],
            Self::Check { kind, .. } => [(kind == 0).then(|| (CHECKS.start, Quantity::whole(1))), None],
        }
    }
}

/// One value of an event's properties.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A word.
    Text(&'a str),
    /// A whole number.
    Whole(u64),
    /// A word with a number behind it, such as `cluster-2`.
    Numbered(&'a str, u64),
    /// A quantity with decimals.
    Decimal(Quantity),
}

impl Body {
    /// Calls `each` with the properties in the order they are sent.
    pub fn properties(&self, mut each: impl FnMut(&str, Value<'_>)) {
        use Value::{Decimal, Numbered, Text, Whole};
        match *self {
            Self::Machine { instance, region, cpu_hours, storage_quarters, gpu_hours, nodes, cluster } => {
                each("event_type_version", Text("2.0"));
                each("gpu_hours", Whole(gpu_hours));
                each("provider", Text("aws"));
                each("cpu_hours", Whole(cpu_hours));
                each("os_version", Text("22.04"));
                each("instanceType", Text(INSTANCES[instance]));
                each("nodeCount", Whole(nodes));
                each("clusterid", Text(CLUSTERS[cluster]));
                each("source", Numbered("collector.example.net/", nodes));
                each("region", Text(REGIONS[region]));
                each("storage_gb-hours", Decimal(Quantity::quarters(storage_quarters)));
            }
            Self::Infra { cloud, region, cluster, project, organization, quantity } => {
                each("cluster_name", Numbered("cluster-", cluster));
                each("csp", Text(CLOUDS[cloud]));
                each("unit", Text("vCPU-hour"));
                each("cluster_id", Numbered("cluster-id-", 3 - cluster));
                each("quantity", Decimal(quantity));
                each("prj_id", Numbered("project-", project));
                each("region_id", Text(CLOUD_REGIONS[cloud][region]));
                each("organization_name", Numbered("org-", organization));
            }
            Self::Language { model, words, user } | Self::Tuning { model, words, user } => {
                each("words", Whole(words));
                each("model", Text(MODELS[model]));
                each("user_id", Text(USERS[user]));
            }
            Self::Images { size, count, user } => {
                each("image_size", Text(spelled_size(size, user)));
                each("user_id", Text(USERS[user]));
                each("num_images", Whole(count));
            }
            Self::Check { user, passed, .. } => {
                each("username", Text(USERS[user]));
                each("status", Text(if passed { "success" } else { "failed" }));
            }
        }
    }
}

/// The size as this user's program spells it: some write the multiplication sign.
fn spelled_size(size: usize, user: usize) -> &'static str {
    match (size, user % 2) {
        (0, 0) => "256×256",
        (1, 0) => "512×512",
        _ => size_name(size),
    }
}

/// The size an image event names, with a plain `x`.
pub fn size_name(size: usize) -> &'static str {
    SIZES.get(size).copied().unwrap_or(UNBILLED_SIZE)
}

impl Account {
    /// Event `number`, below `self.events`.
    pub fn event(&self, number: u64) -> Event {
        let mut draw = Draw::new(self.seed, 0xe7e27, number);
        let (at, edge) = self.moment(number);
        let transaction = u128::from(draw.word()) << 64 | u128::from(mix(self.seed ^ mix(number)));
        let customer = self.sender_of(&mut draw, at, edge);
        let habit = customer.map_or(weights(Deal::None), |place| self.habit(place));
        let names = customer.map_or(1, |place| match self.customers[place].aliases.len() {
            1 => 1,
            several => several + 1,
        });
        let sender = draw.index(names);
        Event { number, transaction, customer, sender, at, body: body(&mut draw, habit, edge) }
    }

    /// When an event that came late was taken in; none for one that came when it happened, seconds apart.
    ///
    /// In the live account some events of a month's last three days come five days late: by then the invoice of the month
    /// is closed, which they do not change any more. In the sample some of one customer do.
    pub fn late(&self, event: &Event) -> Option<Millis> {
        if self.scale == Scale::Sample {
            return self.late_in_sample(event);
        }
        const DELAY: Millis = 5 * DAY + 7 * HOUR;
        let later = event.customer.is_some_and(|place| place >= FEWEST_CUSTOMERS);
        let at_the_end = civil(event.at).1 != civil(event.at + 3 * DAY).1;
        let chosen = mix(self.seed ^ mix(event.number ^ 0x1a7e)).is_multiple_of(4);
        (self.scale == Scale::Live && later && at_the_end && chosen).then_some(event.at + DELAY)
    }

    /// Every event, oldest first.
    pub fn all_events(&self) -> impl Iterator<Item = Event> + '_ {
        (0..self.events).map(|number| self.event(number))
    }

    /// The number of the first event at or after a moment.
    pub fn first_event_from(&self, at: Millis) -> u64 {
        let (mut low, mut high) = (0, self.events);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.moment(middle).0 < at { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// When event `number` happens, and whether it is the first or last of its day. Those are put on the day's very edges,
    /// because that is where a report with the wrong interval goes wrong.
    fn moment(&self, number: u64) -> (Millis, bool) {
        let at = self.drawn_moment(number);
        let day = at.div_euclid(DAY);
        let day_of = |other: u64| self.drawn_moment(other).div_euclid(DAY);
        if number == 0 || day_of(number - 1) != day {
            (day * DAY, true)
        } else if day_of(number + 1) != day {
            (day * DAY + DAY - 1, true)
        } else {
            (at, false)
        }
    }

    fn drawn_moment(&self, number: u64) -> Millis {
        let (events, end) = self.pace;
        let span = (end - self.window.start) as u64;
        let step = (span / events.max(1)).max(1);
        let base = (u128::from(span) * u128::from(number) / u128::from(events.max(1))) as u64;
        let jitter = mix(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) % step;
        let last = if number < events { span - 1 } else { u64::MAX };
        self.window.start + (base + jitter).min(last) as i64
    }

    /// How likely each kind of [`Body`] is for a customer.
    fn habit(&self, place: usize) -> [u64; 6] {
        match self.customers[place].deal {
            // Mostly what a contract bills. Images are those it would make without one, so that their counts stay.
            Deal::Contract if self.scale == Scale::Sample && place >= FEWEST_CUSTOMERS => [0, 58, 0, 16, 0, 26],
            deal => weights(deal),
        }
    }

    fn sender_of(&self, draw: &mut Draw, at: Millis, edge: bool) -> Option<usize> {
        let (first, second, cast) = match self.scale {
            Scale::Sample => (28, 26, 26),
            Scale::Size | Scale::Live => (8, 6, 10),
        };
        let place = match draw.below(100) {
            _ if edge => 1,
            share if share < first => 0,
            share if share < first + second => 1,
            share if share < first + second + cast => 2 + draw.index(6),
            _ => 8 + draw.index(self.customers.len() - 8),
        };
        if draw.below(500) == 0 {
            return None;
        }
        // The two named customers arrive on the leap day; before, another one on models sends what they would.
        Some(if place < 2 && at < self.customers[place].billed_from { 7 } else { place })
    }
}

/// How likely each kind of [`Body`] is, by deal.
fn weights(deal: Deal) -> [u64; 6] {
    match deal {
        Deal::Plan(INFRASTRUCTURE) => [70, 12, 0, 0, 0, 18],
        Deal::Plan(STUDIO) => [0, 0, 42, 34, 16, 8],
        Deal::Plan(PLATFORM) => [38, 6, 18, 18, 12, 8],
        Deal::Plan(_) => [0, 0, 10, 0, 0, 90],
        Deal::Contract => [15, 75, 0, 0, 0, 10],
        Deal::None => [20, 12, 26, 16, 12, 14],
    }
}

fn body(draw: &mut Draw, habit: [u64; 6], edge: bool) -> Body {
    let user = draw.index(USERS.len());
    match if edge { 3 } else { draw.weighted(&habit) } {
        0 => Body::Machine {
            instance: draw.index(INSTANCES.len()),
            region: draw.index(REGIONS.len()),
            cpu_hours: draw.below(100) + 1,
            storage_quarters: draw.below(60_000) + 1,
            gpu_hours: draw.below(101),
            nodes: 3 + draw.below(2),
            cluster: draw.index(CLUSTERS.len()),
        },
        1 => Body::Infra {
            cloud: draw.index(CLOUDS.len()),
            region: draw.index(2),
            cluster: 1 + draw.below(2),
            project: 1 + draw.below(2),
            organization: 1 + draw.below(2),
            quantity: Quantity(i128::from(1 + draw.below(100 * 1_000_000_000_000))),
        },
        2 => Body::Language { model: draw.index(MODELS.len()), words: 5 + draw.below(95), user },
        3 => {
            // The last billed size is never asked for, so that a report has to show a zero.
            let size = if draw.below(60) == 0 { SIZES.len() } else { draw.index(SIZES.len() - 1) };
            Body::Images { size, count: 1 + draw.below(20), user }
        }
        4 => Body::Tuning { model: draw.index(MODELS.len()), words: 5 + draw.below(95), user },
        _ => Body::Check { kind: draw.index(CHECK_TYPES.len()), user, passed: draw.below(10) > 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_order_of_time_and_touch_both_edges_of_every_day() {
        let account = Account::sample(5);
        let times: Vec<Millis> = account.all_events().map(|event| event.at).collect();
        assert!(times.is_sorted());
        for day in (account.window.start..account.window.end).step_by(DAY as usize) {
            assert!(times.contains(&day) && times.contains(&(day + DAY - 1)));
            assert_eq!(times[account.first_event_from(day) as usize], day);
        }
    }

    #[test]
    fn some_events_come_from_a_sender_nobody_knows() {
        assert!(Account::sample(5).all_events().any(|event| event.customer.is_none()));
    }
}
