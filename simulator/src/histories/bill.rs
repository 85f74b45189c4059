//! Invoices and their lines.

use super::units::{Micros, Span};
use crate::calendar::Millis;
use crate::price_list::Currency;

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Draft,
    /// A draft that was not computed.
    Incomplete,
    Finalized,
    Void,
}

impl Status {
    /// As the export says it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Incomplete => "DRAFT_INCOMPLETE",
            Self::Finalized => "FINALIZED",
            Self::Void => "VOID",
        }
    }

    /// Whether it is in the table of drafts.
    pub(super) fn is_draft(self) -> bool {
        matches!(self, Self::Draft | Self::Incomplete)
    }
}

/// What an invoice is for, as its label tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Usage,
    Scheduled,
    Trueup,
}

/// An invoice.
#[derive(Debug, Clone)]
pub(super) struct Invoice {
    pub(super) id: String,
    /// The place of its contract among the customer's.
    pub(super) contract: usize,
    pub(super) purpose: Purpose,
    pub(super) status: Status,
    pub(super) currency: Currency,
    /// The service period; none where it bills a date.
    pub(super) period: Option<Span>,
    pub(super) issued_at: Millis,
    /// When it was withdrawn.
    pub(super) voided_at: Option<Millis>,
    /// The billing provider's last word.
    pub(super) provider: Option<&'static str>,
    /// Whether it was first told with less usage.
    pub(super) is_retold: bool,
    pub(super) lines: Vec<Line>,
}

impl Invoice {
    /// What it bills: its lines, without those that only inform and those in a custom unit.
    pub(super) fn total(&self) -> Micros {
        self.lines.iter().filter(|line| !line.informs && line.unit == self.currency).map(|line| line.total).sum()
    }

    /// Whether an earlier draft had a line: what is billed, and nothing that is applied.
    pub(super) fn is_early(&self, line: &Line) -> bool {
        line.price.is_some() && line.unit == self.currency
    }

    /// The invoice as an earlier draft: with half of each thing that is billed.
    pub(super) fn early(&self) -> Self {
        let half = |line: &Line| {
            let half = Micros(line.total.0 / 2).floor(Micros::GRAIN);
            let quantity = line.price.map_or(line.quantity, |price| half.0 * 10_i128.pow(12) / price.0);
            Line { total: half, quantity, commit: None, ..line.clone() }
        };
        let lines = self.lines.iter().filter(|line| self.is_early(line)).map(half).collect();
        Self { status: Status::Draft, lines, ..self.clone() }
    }
}

/// A line of an invoice.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) product: Option<String>,
    /// In 10^-12 of a unit.
    pub(super) quantity: i128,
    pub(super) price: Option<Micros>,
    pub(super) total: Micros,
    pub(super) unit: Currency,
    pub(super) commit: Option<String>,
    pub(super) subscription: Option<String>,
    /// Its own period; none where it is the invoice's or there is none.
    pub(super) span: Option<Span>,
    /// Says how a postpaid commit was used, and bills nothing.
    pub(super) informs: bool,
}

impl Line {
    /// One of something at a price.
    pub(super) fn one(name: &'static str, product: String, total: Micros, unit: Currency, span: Option<Span>) -> Self {
        Self {
            name,
            product: Some(product),
            quantity: 10_i128.pow(12),
            price: Some(total),
            total,
            unit,
            commit: None,
            subscription: None,
            span,
            informs: false,
        }
    }
}
