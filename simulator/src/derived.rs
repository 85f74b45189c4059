//! Invoices that follow from others or from dates: prices and fees on their days, copies for a hierarchy, and what the
//! billing provider has of each.

use crate::account::{Account, Scale};
use crate::books::Books;
use crate::calendar::{DAY, HOUR, Millis, SECOND};
use crate::decimal::Quantity;
use crate::invoice::{External, Invoice, Kind, Line, LineKind, Status};
use crate::price_list::Currency;
use crate::terms::fixed;

/// How long before its date a scheduled invoice shows up.
const AHEAD: Millis = 90 * DAY;

impl Account {
    /// Invoices with a date and no period: prices of commits and fees.
    pub(crate) fn scheduled(&self, books: &mut Books, place: usize, now: Millis) {
        let mut made = Vec::new();
        let product = |number: usize| self.fixed_product(number);
        // A commit that comes again is billed from when there is one.
        for balance in books.balances.iter().filter(|balance| balance.created_at <= now) {
            for item in &balance.price {
                let line = Line {
                    kind: LineKind::Purchase,
                    name: balance.name.into(),
                    product: product(fixed::PREPAID),
                    commit: Some(balance.id.clone()),
                    ..Line::default()
                };
                let fiat = balance.unit.filter(|unit| *unit == Currency::Eur).unwrap_or(Currency::Usd);
                made.push((item, balance.contract.clone().unwrap_or_default(), fiat, line));
            }
        }
        for contract in &books.contracts {
            for charge in &contract.charges {
                for item in &charge.items {
                    let line = Line {
                        kind: LineKind::Fee,
                        name: charge.name.into(),
                        product: product(fixed::FEE),
                        source: Some(charge.id.clone()),
                        ..Line::default()
                    };
                    made.push((item, contract.id.clone(), charge.unit, line));
                }
            }
        }
        for (item, contract, fiat, line) in made {
            if item.at > now + AHEAD {
                continue;
            }
            let mut invoice = Invoice::dated(item.invoice.clone(), place, Kind::Scheduled, contract, fiat, item.at);
            invoice.lines = vec![Line {
                id: self.id(&invoice.id, &[0]),
                unit: Some(fiat),
                quantity: Quantity::whole(1),
                total: item.amount,
                ..line
            }];
            invoice.status = if item.at + HOUR / 2 <= now { Status::Finalized } else { Status::Draft };
            books.invoices.push(invoice);
        }
    }

    /// The parent's copies of its own and its child's usage lines.
    pub(crate) fn consolidated(&self, books: &mut Books, place: usize, now: Millis) {
        let Some((own, child)) = books.contracts.iter().find_map(|one| one.child.map(|child| (one.id.clone(), child)))
        else {
            return;
        };
        let theirs = self.books(child, now).invoices;
        let usage = |invoice: &&Invoice| invoice.kind == Kind::Usage && invoice.status != Status::Void;
        let mut made = Vec::new();
        for mine in books.invoices.iter().filter(usage) {
            let id = self.id("consolidated", &[place as u64, mine.period.start as u64]);
            let mut invoice = Invoice { id, kind: Kind::Consolidated, lines: Vec::new(), ..mine.clone() };
            invoice.contract = Some(own.clone());
            invoice.regenerated_from = None;
            for copied in [mine].into_iter().chain(theirs.iter().filter(usage).filter(|one| one.period == mine.period))
            {
                let contract = copied.contract.clone().unwrap_or_default();
                let origin = (copied.customer, contract.clone(), copied.id.clone());
                invoice.constituents.push((copied.customer, contract, copied.id.clone()));
                invoice.lines.extend(copied.lines.iter().map(|line| Line {
                    id: self.id(
                        &invoice.id,
                        &[line.id.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31) ^ u64::from(byte))],
                    ),
                    origin: Some(origin.clone()),
                    ..line.clone()
                }));
            }
            made.push(invoice);
        }
        books.invoices.extend(made);
    }

    /// What the billing provider has of an invoice by now.
    pub(crate) fn external(&self, invoice: &Invoice, now: Millis) -> Option<External> {
        let created_at = invoice.issued_at + 6 * HOUR;
        if invoice.status != Status::Finalized || now < created_at {
            return None;
        }
        if invoice.customer == 1 && invoice.kind == Kind::Plan && invoice.period.end == self.month(1).end {
            // The one whose payment the export tells of, in two transfers.
            let status = if invoice.updated_at + 30 * HOUR <= now { "PAID" } else { "SENT" };
            return Some(External { id: "in_0000000001".into(), status, created_at });
        }
        let billed =
            invoice.contract.is_some() && invoice.kind != Kind::Consolidated && invoice.kind != Kind::Correction;
        if self.scale == Scale::Size || !billed {
            return None;
        }
        let status = match (invoice.customer % 7, now - invoice.issued_at) {
            (0, age) if age > 3 * DAY => "PAYMENT_FAILED",
            (1, _) => "SKIPPED",
            (_, age) if age > 14 * DAY => "PAID",
            (_, age) if age > DAY => "SENT",
            _ => "QUEUED",
        };
        let number = u64::from_str_radix(&invoice.id[..8], 16).unwrap_or_default();
        Some(External { id: format!("in_{number:010}"), status, created_at: created_at + number as i64 % 60 * SECOND })
    }
}
