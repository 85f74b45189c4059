//! The account: who its customers are and what each has agreed to. No events here, no invoices, and nothing about files.

use crate::calendar::{DAY, HOUR, Millis, SECOND, date, midnight};
use crate::measured::EventIndex;
use crate::price_list::{Currency, IDENTITY, INFRASTRUCTURE, Metric, PLANS, PLATFORM, Plan, STUDIO, metrics};
use crate::random::{Draw, uuid};
use crate::sample::{ENTERED_LATE, IN_DOLLARS, IN_EUROS};
use std::sync::{Arc, OnceLock};

/// The credit type of US dollars, which is the same in every Metronome account.
pub const USD_CREDIT_TYPE: &str = "2714e483-4ff1-48e4-9e25-ac732e8f24f2";

/// The fewest customers an account can have: the first ten each stand for something.
pub const FEWEST_CUSTOMERS: usize = 10;

/// How large the account is, which also decides how its events are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Small enough to keep beside source code; carries every oddity of the formats and something for every report (see
    /// `sample`). February 20 to April 20, 2024.
    Sample,
    /// As large as asked for. February to April 2024, all three months closed.
    Size,
    /// As large as asked for, and still open: whole months from February 2024 on and twenty days of the next, with every
    /// kind of contract. What `serve` shows.
    Live,
}

/// What a customer has agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deal {
    /// A legacy plan, by its place in [`PLANS`].
    Plan(usize),
    /// A contract with a rate card: today's kind of invoice lines.
    Contract,
    /// Nothing yet: usage arrives and is not billed.
    None,
}

/// One customer.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Metronome's id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// The names that usage events call it by; at least one.
    pub aliases: Vec<String>,
    /// What it has agreed to.
    pub deal: Deal,
    /// When its deal begins, UTC midnight; usage before is not billed.
    pub billed_from: Millis,
    /// When it was made.
    pub created_at: Millis,
    /// When it was archived, if it was.
    pub archived_at: Option<Millis>,
}

/// A half-open stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Inclusive.
    pub start: Millis,
    /// Exclusive.
    pub end: Millis,
}

/// The account, from which events, invoices and files follow.
#[derive(Debug, Clone)]
pub struct Account {
    /// Where all chance comes from.
    pub seed: u64,
    /// How large it is.
    pub scale: Scale,
    /// When its events happen.
    pub window: Period,
    /// How many different events it has.
    pub events: u64,
    /// Its customers; the first is `A1 Company`.
    pub customers: Vec<Customer>,
    /// Its billable metrics, by number.
    pub metrics: Vec<Metric>,
    /// How many calendar months it is billed in, the open one included.
    pub month_count: usize,
    /// How often an event comes: so many from the window's start to a moment, wherever the window ends.
    pub(crate) pace: (u64, Millis),
    /// The month its terms were agreed in is over: what they put off comes after.
    pub(crate) agreed_until: Millis,
    /// Which events are whose; made when first asked for.
    pub(crate) index: Arc<OnceLock<EventIndex>>,
}

impl Account {
    /// The account of the committed sample.
    pub fn sample(seed: u64) -> Self {
        let window = Period { start: date(2024, 2, 20), end: date(2024, 4, 21) };
        Self::new(seed, Scale::Sample, window, 2_400, 40, 3)
    }

    /// An account of `events` events and `customers` customers, at least [`FEWEST_CUSTOMERS`].
    pub fn sized(seed: u64, events: u64, customers: usize) -> Self {
        let window = Period { start: date(2024, 2, 1), end: date(2024, 5, 1) };
        Self::new(seed, Scale::Size, window, events, customers.max(FEWEST_CUSTOMERS), 3)
    }

    /// An account with `closed` whole months (two at least) and an open one, and eight events a customer and month.
    pub fn live(seed: u64, customers: usize, closed: usize) -> Self {
        let (customers, closed) = (customers.max(FEWEST_CUSTOMERS), closed.max(2));
        let window = Period { start: date(2024, 2, 1), end: month_start(closed) + 20 * DAY };
        let events = 8 * customers as u64 * (closed as u64 + 1);
        Self::new(seed, Scale::Live, window, events, customers, closed + 1)
    }

    fn new(seed: u64, scale: Scale, window: Period, events: u64, customers: usize, month_count: usize) -> Self {
        let customers = (0..customers).map(|place| customer(seed, scale, window, place)).collect();
        let index = Arc::new(OnceLock::new());
        let (pace, agreed_until) = ((events, window.end), month_start(month_count));
        Self { seed, scale, window, events, customers, metrics: metrics(), month_count, pace, agreed_until, index }
    }

    /// The same live account as of another midnight, sooner or later: what had happened by then has happened in the same
    /// way, and where it is later usage goes on and months open. Other accounts stay as they are.
    pub fn until(mut self, now: Millis) -> Self {
        let now = now.max(self.window.start + DAY);
        if self.scale != Scale::Live {
            return self;
        }
        let (events, end) = self.pace;
        let (pace, span) = (u128::from(events), (end - self.window.start) as u128);
        // More numbers than there can be events, in which the first one after the end is then looked for.
        self.events = (pace * (now - self.window.start) as u128 / span) as u64 + 2;
        self.events = self.first_event_from(now);
        self.month_count = (0..).find(|month| month_start(*month) >= now).unwrap_or(self.month_count);
        self.window.end = now;
        self.index = Arc::new(OnceLock::new());
        self
    }

    /// A stable id of this account.
    pub fn id(&self, kind: &str, numbers: &[u64]) -> String {
        uuid(self.seed, kind, numbers)
    }

    /// The id of a currency's credit type.
    pub fn credit_type(&self, currency: Currency) -> String {
        match currency {
            Currency::Usd => USD_CREDIT_TYPE.into(),
            Currency::Eur => self.id("credit type", &[1]),
            Currency::Compute => self.id("credit type", &[2]),
        }
    }

    /// The billing provider that a customer's invoices go to, if one does, and what it calls the customer.
    pub fn billing_provider(&self, place: usize) -> Option<(&'static str, String)> {
        let provided = place == 1 || self.customers[place].deal == Deal::Contract;
        provided.then(|| ("stripe", format!("cus_{place:010}")))
    }

    /// The moment it is told of: the end of its events, and where all its months are closed a few days later, by when the
    /// last of them is billed.
    pub fn now(&self) -> Millis {
        match self.scale {
            Scale::Sample | Scale::Live => self.window.end,
            Scale::Size => self.window.end + 5 * DAY,
        }
    }

    /// The months it is billed in, each whole, oldest first.
    pub fn months(&self) -> Vec<Period> {
        (0..self.month_count).map(|month| self.month(month)).collect()
    }

    /// Month number `month`, 0 for February 2024.
    pub fn month(&self, month: usize) -> Period {
        Period { start: month_start(month), end: month_start(month + 1) }
    }

    /// The period of customer `place` in month `month`: from the begin of its deal; none where it had no deal yet.
    pub fn period(&self, place: usize, month: usize) -> Option<Period> {
        let Period { start, end } = self.month(month);
        let start = start.max(self.customers[place].billed_from);
        (start < end && self.customers[place].deal != Deal::None).then_some(Period { start, end })
    }
}

/// Midnight of the first day of month number `month`, 0 for February 2024.
pub fn month_start(month: usize) -> Millis {
    let month = month as i64 + 1;
    date(2024 + month / 12, month % 12 + 1, 1)
}

/// The deal of customer `place` and its first day. The first ten are cast by hand; in the large account the rest repeat.
fn deal(scale: Scale, window: Period, place: usize) -> (Deal, Millis) {
    let opened = midnight(window.start).min(date(2024, 2, 1));
    match place {
        0 => (Deal::Plan(INFRASTRUCTURE), date(2024, 2, 29)),
        1 => (Deal::Plan(STUDIO), date(2024, 2, 29)),
        2 => (Deal::Plan(IDENTITY), date(2024, 3, 1)),
        IN_DOLLARS | ENTERED_LATE | IN_EUROS if scale == Scale::Sample => (Deal::Contract, opened),
        3 => (Deal::Contract, date(2024, 3, 1)),
        4 => (Deal::Plan(PLATFORM), opened),
        5 => (Deal::Plan(INFRASTRUCTURE), opened),
        6 | 7 => (Deal::Plan(STUDIO), opened),
        _ if scale == Scale::Sample => (Deal::None, opened),
        _ if scale == Scale::Live => match place % 10 {
            0 | 1 => (Deal::Plan(INFRASTRUCTURE), opened),
            2 => (Deal::Plan(STUDIO), opened),
            3 => (Deal::Plan(IDENTITY), opened),
            4..=7 => (Deal::Contract, opened),
            8 => (Deal::Plan(PLATFORM), opened),
            _ => (Deal::None, opened),
        },
        _ => match place % 10 {
            0..=3 => (Deal::Plan(INFRASTRUCTURE), opened),
            4 | 5 => (Deal::Plan(STUDIO), opened),
            6 => (Deal::Plan(IDENTITY), opened),
            7 => (Deal::Contract, opened),
            8 => (Deal::Plan(PLATFORM), opened),
            _ => (Deal::None, opened),
        },
    }
}

fn customer(seed: u64, scale: Scale, window: Period, place: usize) -> Customer {
    let mut draw = Draw::new(seed, 0xc057, place as u64);
    let (deal, billed_from) = deal(scale, window, place);
    let name = match place {
        0 => "A1 Company".into(),
        1 => "B1 Company".into(),
        // Names that a careless CSV writer or reader breaks on.
        4 => "Halden, Birk & Co. \"HBC\"".into(),
        5 => "Ærø Sølvsmedje ApS".into(),
        _ => invented_name(&mut draw, place),
    };
    let aliases = match place {
        0 => vec!["a1_company".into()],
        1 => vec!["b1_company".into()],
        5 => vec![invented_alias(&mut draw, place), "aeroe-soelv".into()],
        _ => vec![invented_alias(&mut draw, place)],
    };
    let created_at = billed_from.min(window.start) - 30 * DAY + 9 * HOUR + place as i64 * 71 * SECOND;
    let archived = place == 6 || (scale == Scale::Live && place % 50 == 49);
    let archived_at = archived.then(|| date(2024, 4, 8) + 11 * HOUR + 5 * SECOND);
    Customer { id: uuid(seed, "customer", &[place as u64]), name, aliases, deal, billed_from, created_at, archived_at }
}

fn invented_name(draw: &mut Draw, place: usize) -> String {
    const FIRST: &[&str] = &["Nor", "Vel", "Tam", "Quil", "Os", "Bre", "Kes", "Lum", "Har", "Pel", "Sor", "Win"];
    const SECOND: &[&str] = &["vik", "dane", "moor", "ister", "bury", "thal", "ova", "rick", "stad", "wick", "mere"];
    const LAST: &[&str] = &["Labs", "Works", "Systems", "GmbH", "Ltd.", "Inc.", "LLC", "Robotics", "Freight", "Health"];
    // The place is in the name because two customers of one name would blur every report that prints names.
    let (first, second, last) = (draw.index(FIRST.len()), draw.index(SECOND.len()), draw.index(LAST.len()));
    format!("{}{} {place} {}", FIRST[first], SECOND[second], LAST[last])
}

fn invented_alias(draw: &mut Draw, place: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let start: String = (0..5).map(|_| char::from(LETTERS[draw.index(LETTERS.len())])).collect();
    format!("{start}{place:03}")
}

/// The plan a deal stands for, if it is one.
pub fn plan_of(deal: Deal) -> Option<&'static Plan> {
    match deal {
        Deal::Plan(place) => PLANS.get(place),
        Deal::Contract | Deal::None => None,
    }
}
