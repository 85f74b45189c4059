//! Commits and credits with their movements: the one place where amounts come into being, move on and end.

use super::units::{Micros, Span, month, month_before};
use crate::calendar::Millis;
use crate::price_list::Currency;

/// What a balance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Paid for before it is used.
    Prepaid,
    /// Promised; what was not used is billed at the end.
    Postpaid,
    /// A gift.
    Credit,
}

/// A stretch of time in which an amount may be used.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) id: String,
    pub(super) span: Span,
    pub(super) granted: Micros,
    /// What is left; nothing before it begins and after it is settled.
    pub(super) left: Micros,
    pub(super) is_settled: bool,
}

/// A date on which a part of the price is billed.
#[derive(Debug, Clone)]
pub(super) struct Bill {
    pub(super) id: String,
    pub(super) at: Millis,
    pub(super) amount: Micros,
    /// None until there is one.
    pub(super) invoice: Option<String>,
}

/// Why a balance moved, in the order of the columns of a roll-forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Movement {
    Grant,
    Drawdown,
    /// Drawn by a draft.
    Pending,
    /// Drawn by an invoice that is void now; of a postpaid commit given back in the same way.
    VoidDrawdown,
    Expiry,
    Rollover,
    Manual,
    CreditBack,
    Trueup,
}

impl Movement {
    /// How many there are.
    pub(super) const COUNT: usize = 9;
}

/// A line of a ledger.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) movement: Movement,
    pub(super) at: Millis,
    pub(super) amount: Micros,
    pub(super) segment: usize,
    pub(super) invoice: Option<String>,
    /// The balance that a rollover made.
    pub(super) into: Option<String>,
}

impl Entry {
    /// The month it belongs to: what is dated the exclusive end of a service period or of a term belongs to the month before,
    /// everything else to the month of its date.
    pub(super) fn month(&self) -> Millis {
        match self.movement {
            Movement::Drawdown | Movement::Pending | Movement::VoidDrawdown | Movement::Expiry | Movement::Trueup => {
                month_before(self.at)
            }
            Movement::Grant | Movement::Rollover | Movement::Manual | Movement::CreditBack => month(self.at),
        }
    }
}

/// A commit or a credit.
#[derive(Debug, Clone)]
pub(super) struct Balance {
    pub(super) id: String,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What its amounts count.
    pub(super) unit: Currency,
    /// The place of its contract among the customer's; none where the customer may use it for all.
    pub(super) contract: Option<usize>,
    pub(super) segments: Vec<Segment>,
    /// When its price is billed; none where no schedule says.
    pub(super) bills: Option<Vec<Bill>>,
    /// Paid for it outside these invoices.
    pub(super) is_paid_elsewhere: bool,
    /// Paid as a percentage of granted; of custom units, cents for a hundred of them.
    pub(super) cost_percent: i128,
    /// The same of all that may be used: what is given by hand changes no price, and is paid by what was.
    pub(super) worth_percent: i128,
    /// Whether the export says what it cost.
    pub(super) is_cost_stated: bool,
    /// The part of what is left that moves on when a segment ends.
    pub(super) rollover_percent: Option<i128>,
    /// The place of the balance whose rest it is.
    pub(super) rolled_from: Option<usize>,
    /// What it recurs from.
    pub(super) recurring: Option<String>,
    /// The products it pays for; all where empty.
    pub(super) products: Vec<usize>,
    pub(super) entries: Vec<Entry>,
}

impl Balance {
    /// The currency that it is paid in.
    pub(super) fn money(&self) -> Currency {
        if self.unit == Currency::Eur { Currency::Eur } else { Currency::Usd }
    }

    /// What an amount of it is worth as revenue.
    pub(super) fn worth(&self, amount: Micros) -> Micros {
        match self.kind {
            Kind::Prepaid => amount.percent(self.worth_percent),
            Kind::Postpaid => amount,
            Kind::Credit => Micros::ZERO,
        }
    }

    /// What is paid for all of its segments.
    pub(super) fn price(&self) -> Micros {
        self.segments.iter().map(|segment| segment.granted.percent(self.cost_percent)).sum()
    }

    /// When the first of it may be used.
    pub(super) fn start(&self) -> Millis {
        self.segments.iter().map(|segment| segment.span.0).min().unwrap_or_default()
    }

    /// Begins every segment whose time has come.
    pub(super) fn begin(&mut self, now: Millis) {
        for place in 0..self.segments.len() {
            let Segment { span, granted, .. } = self.segments[place];
            if span.0 <= now {
                self.segments[place].left = granted;
                self.enter(Movement::Grant, span.0, granted, place, None);
            }
        }
    }

    /// Notes a movement without changing what is left.
    pub(super) fn enter(
        &mut self,
        movement: Movement,
        at: Millis,
        amount: Micros,
        segment: usize,
        invoice: Option<&str>,
    ) {
        let invoice = invoice.map(str::to_owned);
        self.entries.push(Entry { movement, at, amount, segment, invoice, into: None });
    }

    /// The sum of its ledger.
    pub(super) fn ledger_sum(&self) -> Micros {
        self.entries.iter().map(|entry| entry.amount).sum()
    }

    /// What may be used at a moment.
    pub(super) fn usable(&self, now: Millis) -> Micros {
        let open = |segment: &&Segment| segment.span.0 <= now && now < segment.span.1;
        self.segments.iter().filter(open).map(|segment| segment.left).sum()
    }
}
