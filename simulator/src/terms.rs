//! What a contract is made of, and the ids of what contracts name. Who agreed to which is in `agreed`.

use crate::account::{Account, Deal, Scale};
use crate::balance::{Balance, BalanceKind, Instalment, Segment};
use crate::calendar::Millis;
use crate::decimal::{Amount, Price};
use crate::price_list::Currency;

/// What a customer agreed to.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// Contracts, oldest first.
    pub contracts: Vec<Contract>,
    /// Commits and credits, before anything was drawn.
    pub balances: Vec<Balance>,
}

/// One contract.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Its id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Its rate card: the unit of its usage lines. Invoices are in US dollars where that is no currency.
    pub card: Currency,
    /// Inclusive, on a month's first day where usage is billed.
    pub starts: Millis,
    /// Exclusive.
    pub ends: Option<Millis>,
    /// When it was put away.
    pub archived_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
    /// Whether the customer's usage is billed by it.
    pub bills_usage: bool,
    /// The contract it renews.
    pub renews: Option<String>,
    /// Seats.
    pub seats: Option<Seats>,
    /// Fees with dates of their own.
    pub charges: Vec<Charge>,
    /// Whether it has a monthly commit or credit.
    pub recurring: Option<Recurring>,
    /// Whether it was made from the package.
    pub from_package: bool,
    /// The customer above it in an account hierarchy.
    pub parent: Option<usize>,
    /// The customer below it.
    pub child: Option<usize>,
}

/// A subscription to seats, billed with the usage.
#[derive(Debug, Clone)]
pub struct Seats {
    /// The subscription's id.
    pub id: String,
    /// How many, per month number: they grow by one each month.
    pub first: u64,
    /// Price of one a month.
    pub price: Price,
}

/// A fee with dates of its own.
#[derive(Debug, Clone)]
pub struct Charge {
    /// Its id.
    pub id: String,
    /// Display name.
    pub name: &'static str,
    /// What it is billed in.
    pub unit: Currency,
    /// Its dates.
    pub items: Vec<Instalment>,
}

/// A commit or credit that comes again every month.
#[derive(Debug, Clone)]
pub struct Recurring {
    /// Its id.
    pub id: String,
    /// Display name.
    pub name: &'static str,
    /// What comes.
    pub kind: BalanceKind,
    /// How much each time.
    pub amount: Amount,
}

/// The fixed products: what names a commit, a credit, a fee, a seat on an invoice.
pub const FIXED_PRODUCTS: [&str; 5] = ["Prepaid commitment", "Credits", "Onboarding fee", "Seats", "Committed spend"];
/// Places in [`FIXED_PRODUCTS`].
#[expect(missing_docs, reason = "named as the products are")]
pub mod fixed {
    pub const PREPAID: usize = 0;
    pub const CREDIT: usize = 1;
    pub const FEE: usize = 2;
    pub const SEATS: usize = 3;
    pub const POSTPAID: usize = 4;
}

/// Kinds of contract in the live account.
const VARIANTS: usize = 8;
/// The variant of customers that have amounts in three units.
pub const THREE_UNITS: usize = 7;

impl Account {
    /// The id of a fixed product.
    pub fn fixed_product(&self, product: usize) -> String {
        self.id("fixed product", &[product as u64])
    }

    /// The id of the package that some contracts are made from.
    pub fn package(&self) -> String {
        self.id("package", &[])
    }

    /// The id of the rate card of a unit.
    pub fn rate_card(&self, card: Currency) -> String {
        match card {
            Currency::Usd => self.id("rate card", &[]),
            Currency::Eur => self.id("rate card", &[1]),
            Currency::Compute => self.id("rate card", &[2]),
        }
    }

    /// Which of the customers on contracts this is, in the live account.
    fn turn(&self, place: usize) -> Option<usize> {
        let on_contract = self.customers[place].deal == Deal::Contract && self.scale == Scale::Live;
        on_contract.then(|| if place < 10 { 0 } else { (place / 10 - 1) * 4 + (place % 10 - 4) + 1 })
    }

    /// The kind of contract of a customer of the live account.
    pub fn variant(&self, place: usize) -> Option<usize> {
        self.turn(place).map(|turn| turn % VARIANTS)
    }

    /// The place of the customer with a turn.
    fn place_of_turn(turn: usize) -> usize {
        if turn == 0 { 3 } else { (turn - 1) / 4 * 10 + 10 + (turn - 1) % 4 + 4 }
    }

    /// The other half of a hierarchy: every sixteenth turn is a parent, whose child comes eight turns later.
    fn relative(&self, place: usize) -> (Option<usize>, Option<usize>) {
        let Some(turn) = self.turn(place).filter(|turn| *turn >= VARIANTS) else { return (None, None) };
        let exists = |place: usize| (place < self.customers.len()).then_some(place);
        match turn % (2 * VARIANTS) {
            0 => (None, exists(Self::place_of_turn(turn + VARIANTS))),
            VARIANTS if turn >= 3 * VARIANTS => (Some(Self::place_of_turn(turn - VARIANTS)), None),
            _ => (None, None),
        }
    }

    /// What a customer agreed to.
    pub fn terms(&self, place: usize) -> Terms {
        match self.scale {
            Scale::Live => self.live_terms(place),
            Scale::Sample => self.sample_terms(place).unwrap_or_else(|| self.plain_terms(place)),
            Scale::Size => self.plain_terms(place),
        }
    }

    pub(crate) fn contract(&self, place: usize, number: u64, name: &str, card: Currency) -> Contract {
        let customer = &self.customers[place];
        let id = match number {
            0 => self.id("contract", &[place as u64]),
            _ => self.id("contract", &[place as u64, number]),
        };
        let (parent, child) = if number == 0 { self.relative(place) } else { (None, None) };
        Contract {
            id,
            name: name.into(),
            card,
            starts: customer.billed_from,
            ends: None,
            archived_at: None,
            created_at: customer.created_at,
            bills_usage: true,
            renews: None,
            seats: None,
            charges: Vec::new(),
            recurring: None,
            from_package: false,
            parent,
            child,
        }
    }

    /// A balance of one segment over months `from..until`.
    pub(crate) fn balance(
        &self,
        place: usize,
        key: u64,
        what: (BalanceKind, &'static str),
        amount: Amount,
        span: (Millis, Millis),
    ) -> Balance {
        let (kind, name) = what;
        let segment = self.segment(place, key, 0, amount, span);
        Balance {
            id: self.id("balance", &[place as u64, key]),
            kind,
            name,
            contract: None,
            unit: Some(Currency::Usd),
            priority: 100,
            segments: vec![segment],
            price: Vec::new(),
            cost_percent: 100,
            rollover_percent: None,
            rolled_from: None,
            rolls_into: None,
            recurring: None,
            products: Vec::new(),
            manual: Vec::new(),
            archived_at: None,
            created_at: span.0,
            ledger: Vec::new(),
        }
    }

    pub(crate) fn segment(
        &self,
        place: usize,
        key: u64,
        number: u64,
        amount: Amount,
        (start, end): (Millis, Millis),
    ) -> Segment {
        let id = self.id("segment", &[place as u64, key, number]);
        Segment { id, amount, start, end, left: Amount::ZERO, opened: false, closed: false }
    }

    pub(crate) fn instalment(&self, place: usize, key: u64, at: Millis, amount: Amount) -> Instalment {
        Instalment {
            id: self.id("instalment", &[place as u64, key, at as u64]),
            at,
            amount,
            invoice: self.id("scheduled invoice", &[place as u64, key, at as u64]),
        }
    }
}
