//! What was known of a history at an earlier moment. Much is told late: invoices, what was withdrawn and what takes its place, bills of
//! commits that were too high at first, corrections by hand. It is dated when it happened, in months that may be closed by then.

use super::NOW;
use super::bill::{Invoice, Line, Status};
use super::ledger::{Balance, Entry, Movement};
use super::life::Life;
use super::units::Micros;
use crate::calendar::{DAY, Millis};
use crate::random::{Draw, uuid};
use std::collections::BTreeMap;

/// An invoice is told again for so long after its issue; it is withdrawn after that.
const TOLD_AGAIN: Millis = 4 * DAY;

/// What makes the id of an invoice of a part of the usage.
const PARTLY: u64 = 0x9a47;

/// When an invoice became known.
#[derive(Debug, Clone, Copy)]
struct Known {
    since: Millis,
    /// Whether it is seen as a draft before.
    is_drafted: bool,
}

/// When what happened to a customer became known.
pub(super) struct Late {
    invoices: BTreeMap<String, Known>,
    /// The first invoice of each date that a commit is billed on, by the one that takes its place.
    withdrawn: BTreeMap<String, Invoice>,
}

impl Late {
    /// Draws it. Invoices are withdrawn later than they were, one in two of those for a commit was too high; and some of usage were
    /// issued before with a part of it, of which nothing was applied.
    pub(super) fn draw(life: &mut Life) -> Self {
        let mut late = Self { invoices: BTreeMap::new(), withdrawn: BTreeMap::new() };
        let mut draw = Draw::new(life.agreed.seed, 0x1a7e, life.agreed.number);
        let mut in_part = Vec::new();
        for invoice in life.invoices.iter().filter(|one| one.status == Status::Finalized && one.period.is_some()) {
            if !life.invoices.iter().any(|one| is_in_place_of(invoice, one)) && draw.below(6) == 0 {
                let (id, at) = (uuid(life.agreed.seed, &invoice.id, &[PARTLY]), invoice.issued_at);
                in_part.push(Invoice { id, status: Status::Void, voided_at: Some(at), ..invoice.early() });
            }
        }
        life.invoices.extend(in_part);
        for invoice in life.invoices.iter_mut().filter(|one| !one.status.is_draft()) {
            let since = if draw.below(6) == 0 { later(&mut draw, invoice.issued_at) } else { invoice.issued_at };
            let withdrawn = invoice.voided_at.map(|at| at.max(invoice.issued_at + TOLD_AGAIN));
            let withdrawn = withdrawn.map(|at| if draw.below(4) > 0 { later(&mut draw, at) } else { at });
            invoice.voided_at = withdrawn.map(|at| at.max(since).min(NOW));
            if withdrawn.is_some() && invoice.period.is_none() && draw.below(2) == 0 {
                invoice.lines.iter_mut().for_each(too_high);
            }
            let is_drafted = since == invoice.issued_at || draw.below(2) == 0;
            late.invoices.insert(invoice.id.clone(), Known { since: since.min(NOW), is_drafted });
        }
        late.replace(life);
        late
    }

    /// What takes the place of an invoice is known once that is withdrawn.
    fn replace(&mut self, life: &Life) {
        let void = |id: &str| life.invoices.iter().find(|one| one.id == id && one.status == Status::Void);
        let mut pairs = Vec::new();
        for (place, balance) in life.agreed.balances.iter().enumerate() {
            for (number, bill) in balance.bills.iter().flatten().enumerate() {
                let first = void(&life.agreed.id("history purchase", &[place as u64, number as u64, 1]));
                if let (Some(first), Some(next)) = (first, &bill.invoice) {
                    self.withdrawn.insert(next.clone(), first.clone());
                    pairs.push((first, next.clone()));
                }
            }
        }
        for first in life.invoices.iter().filter(|one| one.status == Status::Void && one.period.is_some()) {
            let next = life.invoices.iter().find(|one| is_in_place_of(one, first));
            pairs.extend(next.map(|next| (first, next.id.clone())));
        }
        for (first, next) in pairs {
            if let (Some(known), Some(at)) = (self.invoices.get_mut(&next), first.voided_at) {
                *known = Known { since: known.since.max(at), is_drafted: false };
            }
        }
    }

    /// A customer as it was known at a moment.
    pub(super) fn known(&self, life: &Life, at: Millis) -> Life {
        let mut life = life.clone();
        if at < NOW {
            life.invoices = life.invoices.iter().filter_map(|one| self.invoice(one, at)).collect();
            let voids: Vec<&str> =
                life.invoices.iter().filter(|one| one.status == Status::Void).map(|one| one.id.as_str()).collect();
            let (seed, number) = (life.agreed.seed, life.agreed.number);
            for (place, balance) in life.agreed.balances.iter_mut().enumerate() {
                let mut draw = Draw::new(seed, 0x3a1e, number * 64 + place as u64);
                let corrected_late = draw.below(2) == 0;
                balance.entries.retain(|entry| match (&entry.invoice, entry.movement) {
                    (None, Movement::Manual) if corrected_late => later(&mut draw, entry.at) <= at,
                    (None, _) => entry.at <= at,
                    (Some(id), _) if is_given_back(entry) => entry.at <= at && voids.contains(&id.as_str()),
                    (Some(id), _) => entry.at <= at && self.is_known(id, at),
                });
                self.balance(balance, at);
            }
        }
        life
    }

    fn is_known(&self, invoice: &str, at: Millis) -> bool {
        self.invoices.get(invoice).is_some_and(|known| known.since <= at)
    }

    /// An invoice as it was known: final and not withdrawn yet, or a draft of half of what it bills.
    fn invoice(&self, invoice: &Invoice, at: Millis) -> Option<Invoice> {
        if self.is_known(&invoice.id, at) {
            let voided_at = invoice.voided_at.filter(|voided| *voided <= at);
            let status = if voided_at.is_some() { Status::Void } else { Status::Finalized };
            return Some(Invoice { status, voided_at, ..invoice.clone() });
        }
        let is_drafted = self.invoices.get(&invoice.id).is_none_or(|known| known.is_drafted);
        invoice.period.filter(|period| is_drafted && period.0 < at)?;
        let status = if invoice.status == Status::Incomplete { invoice.status } else { Status::Draft };
        Some(Invoice { status, voided_at: None, ..invoice.early() })
    }

    /// A balance, whose entries are those that were known, as it was then.
    fn balance(&self, balance: &mut Balance, at: Millis) {
        for place in 0..balance.segments.len() {
            let of = balance.entries.iter().filter(|entry| entry.segment == place);
            balance.segments[place].left = of.map(|entry| entry.amount).sum();
        }
        for bill in balance.bills.iter_mut().flatten() {
            let Some(id) = bill.invoice.take() else { continue };
            if self.is_known(&id, at) {
                bill.invoice = Some(id);
            } else if let Some(first) = self.withdrawn.get(&id).filter(|one| self.is_known(&one.id, at)) {
                bill.amount = first.total();
                bill.invoice = Some(first.id.clone());
            }
        }
    }
}

/// Ten days to three months later.
fn later(draw: &mut Draw, at: Millis) -> Millis {
    at + (10 + draw.below(80)) as i64 * DAY
}

/// Whether an invoice bills the usage that a withdrawn one did.
fn is_in_place_of(invoice: &Invoice, first: &Invoice) -> bool {
    let is_of_same = (invoice.contract, invoice.period) == (first.contract, first.period) && first.period.is_some();
    is_of_same && invoice.status == Status::Finalized && first.status == Status::Void
}

/// A quarter more than was agreed.
fn too_high(line: &mut Line) {
    line.total += Micros(line.total.0 / 4).floor(Micros::GRAIN);
    line.price = line.price.map(|_| line.total);
}

/// Whether an entry undoes what an invoice drew.
fn is_given_back(entry: &Entry) -> bool {
    matches!(entry.movement, Movement::CreditBack | Movement::VoidDrawdown) && entry.amount > Micros::ZERO
}
