//! Legacy credit grants: prepaid or given money of customers on plans, taken off their invoices as a whole.

use crate::account::{Account, Deal, Scale, plan_of};
use crate::calendar::{DAY, Millis};
use crate::decimal::{Amount, Quantity};
use crate::invoice::{Invoice, Line, LineKind, Status};
use crate::price_list::{CHECKS, Currency};

/// One grant.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Its id.
    pub id: String,
    /// Display name.
    pub name: &'static str,
    /// What was granted.
    pub amount: Amount,
    /// What was paid for it, in cents.
    pub paid: Amount,
    /// What it is in.
    pub unit: Currency,
    /// Inclusive.
    pub effective_at: Millis,
    /// Exclusive.
    pub expires_at: Millis,
    /// Whether it can be spent on one product only, which its customer does not use.
    pub identity_only: bool,
    /// What was taken: when, how much, for which invoice, and whether that is a draft.
    pub taken: Vec<(Millis, Amount, String, bool)>,
}

impl Grant {
    /// What is left, with or without what drafts take; nothing before it begins or once it has lapsed.
    pub fn left(&self, now: Millis, with_drafts: bool) -> Amount {
        if now < self.effective_at || self.expires_at <= now {
            return Amount::ZERO;
        }
        let taken = self.taken.iter().filter(|(.., draft)| with_drafts || !draft).map(|(_, amount, ..)| *amount).sum();
        self.amount - taken
    }

    /// Takes what it can off an invoice that is about its time and unit.
    pub(crate) fn take_from(&mut self, account: &Account, invoice: &mut Invoice) {
        let left = self.amount - self.taken.iter().map(|(_, amount, ..)| *amount).sum();
        let fits = !self.identity_only
            && self.unit == invoice.currency
            && self.effective_at <= invoice.period.start
            && invoice.period.end <= self.expires_at
            && invoice.status != Status::Void;
        let amount = left.min(invoice.total());
        if !fits || amount <= Amount::ZERO {
            return;
        }
        self.taken.push((invoice.period.end, amount, invoice.id.clone(), invoice.status == Status::Draft));
        invoice.lines.push(Line {
            id: account.id(&invoice.id, &[2_000]),
            kind: LineKind::Grant,
            name: format!("{} applied", self.name),
            quantity: Quantity::whole(1),
            total: -amount,
            commit: Some(self.id.clone()),
            ..Line::default()
        });
    }
}

impl Account {
    /// The legacy grants of a customer, before anything was taken.
    pub fn grants(&self, place: usize) -> Vec<Grant> {
        let customer = &self.customers[place];
        let Deal::Plan(_) = customer.deal else { return Vec::new() };
        let currency = plan_of(customer.deal).map_or(Currency::Usd, |plan| plan.currency());
        let grant = |number: u64, name, hundredths, unit, identity_only| Grant {
            id: self.id("grant", &[place as u64, number]),
            name,
            amount: Amount::hundredths(hundredths),
            paid: Amount::hundredths(hundredths).percent(if number == 0 { 90 } else { 0 }),
            unit,
            effective_at: customer.billed_from,
            expires_at: customer.billed_from + 60 * DAY + 305 * DAY * i64::from(number == 0),
            identity_only,
            taken: Vec::new(),
        };
        match (self.scale, place) {
            (Scale::Live, place) if place % 4 == 2 => {
                vec![
                    grant(0, "Launch credit", 150_025, currency, false),
                    grant(1, "Test units", 5_000, Currency::Compute, false),
                ]
            }
            (Scale::Sample | Scale::Size, 4) => {
                vec![grant(0, "Identity checks, prepaid", 100_000, Currency::Usd, true)]
            }
            _ => Vec::new(),
        }
    }

    /// The product that restricted grants can be spent on.
    pub fn identity_product(&self) -> String {
        debug_assert_eq!(CHECKS.len(), 1);
        self.product(5)
    }
}
