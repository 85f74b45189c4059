//! The sample account's contracts, so that every report has rows, and what comes late.
//!
//! - One customer in dollars: a pilot in February with committed spend, whose rest is billed as a true-up; from March on a
//!   contract with a starter commit, of which a part lapses at the month's end, and an annual one. Both are paid for.
//! - One in euros: an annual budget at 90 %, billed in two halves, of which the second is yet to come. Some usage of late
//!   February came in March, when the invoice of February was final.
//! - One whose pilot of February is entered on April 22, after all files but the late delivery's were made. On that day the
//!   invoice in euros is withdrawn and made anew with the usage that came late, too.
//!
//! A close of 2024-02 before the late delivery makes restatements of it.

use crate::account::Account;
use crate::balance::{BalanceKind, Manual};
use crate::books::Books;
use crate::calendar::{DAY, HOUR, Millis, date};
use crate::decimal::Amount;
use crate::event::{Body, Event};
use crate::invoice::{Invoice, Kind, Status};
use crate::price_list::{CHECKS, Currency, VCPU};
use crate::terms::Terms;

/// The place of the customer on a contract in dollars.
pub(crate) const IN_DOLLARS: usize = 3;
/// The place of the customer whose contract is entered late.
pub(crate) const ENTERED_LATE: usize = 25;
/// The place of the customer on a contract in euros.
pub(crate) const IN_EUROS: usize = 37;

/// When the forgotten pilot is entered.
const ENTERED: Millis = date(2024, 4, 22) + 9 * HOUR;
/// When the invoice in euros is withdrawn.
const WITHDRAWN: Millis = date(2024, 4, 22) + 10 * HOUR;

/// The moment that the late delivery is told of, two days after the sample's own. An API whose clock stands here tells the
/// same.
pub const LATE: Millis = date(2024, 4, 23);

const FEBRUARY: Millis = date(2024, 2, 1);
const MARCH: Millis = date(2024, 3, 1);
const APRIL: Millis = date(2024, 4, 1);

impl Account {
    /// What a customer of the sample agreed to, if it did.
    pub(crate) fn sample_terms(&self, place: usize) -> Option<Terms> {
        match place {
            IN_DOLLARS => Some(self.terms_in_dollars()),
            IN_EUROS => Some(self.terms_in_euros()),
            ENTERED_LATE => {
                let mut pilot = self.contract(place, 0, "Pilot", Currency::Usd);
                pilot.ends = Some(MARCH);
                pilot.created_at = ENTERED;
                Some(Terms { contracts: vec![pilot], balances: Vec::new() })
            }
            _ => None,
        }
    }

    fn terms_in_dollars(&self) -> Terms {
        let place = IN_DOLLARS;
        let mut pilot = self.contract(place, 1, "Pilot", Currency::Usd);
        pilot.ends = Some(MARCH);
        let spend = (BalanceKind::Postpaid, "Committed spend");
        let mut promised = self.balance(place, 0, spend, Amount::hundredths(250_000), (FEBRUARY, MARCH));
        promised.contract = Some(pilot.id.clone());

        let mut contract = self.contract(place, 0, "Infrastructure contract", Currency::Usd);
        contract.starts = MARCH;
        contract.created_at = MARCH - 4 * DAY + 10 * HOUR;
        contract.renews = Some(pilot.id.clone());
        // One of the two metrics is covered, so that something is billed besides.
        let covered = vec![self.contract_product(VCPU.start)];
        let commit = |key, name, granted, span: (Millis, Millis)| {
            let mut commit = self.balance(place, key, (BalanceKind::Prepaid, name), Amount::hundredths(granted), span);
            commit.contract = Some(contract.id.clone());
            commit.products.clone_from(&covered);
            commit.cost_percent = 80;
            commit.price = vec![self.instalment(place, key, span.0, Amount::hundredths(granted).percent(80))];
            commit
        };
        let starter = commit(1, "Starter commit", 600_000, (MARCH, APRIL));
        let annual = commit(2, "Annual commit", 5_000_050, (APRIL, date(2025, 4, 1)));
        let credit = (BalanceKind::Credit, "Identity trial");
        let mut trial = self.balance(place, 3, credit, Amount::hundredths(250_025), (MARCH, MARCH + 184 * DAY));
        trial.products = vec![self.contract_product(CHECKS.start)];
        trial.manual = vec![Manual {
            at: MARCH + 20 * DAY + 7 * HOUR,
            amount: Amount::hundredths(-50_000),
            reason: "granted twice",
        }];
        Terms { contracts: vec![pilot, contract], balances: vec![promised, starter, annual, trial] }
    }

    fn terms_in_euros(&self) -> Terms {
        let place = IN_EUROS;
        let contract = self.contract(place, 0, "Infrastruktur", Currency::Eur);
        let (granted, half) = (Amount::hundredths(10_000), Amount::hundredths(4_500));
        let budget = (BalanceKind::Prepaid, "Jahresbudget");
        let mut commit = self.balance(place, 0, budget, granted, (FEBRUARY, date(2025, 2, 1)));
        commit.contract = Some(contract.id.clone());
        commit.unit = Some(Currency::Eur);
        commit.products = vec![self.contract_product(VCPU.start)];
        commit.cost_percent = 90;
        commit.price = [FEBRUARY, date(2024, 5, 1)].into_iter().map(|at| self.instalment(place, 0, at, half)).collect();
        Terms { contracts: vec![contract], balances: vec![commit] }
    }

    /// When an event of the sample came that came late: when the invoice of its month was final, and within the 34 days that
    /// usage may be late.
    pub(crate) fn late_in_sample(&self, event: &Event) -> Option<Millis> {
        let billed = event.customer == Some(IN_EUROS) && matches!(event.body, Body::Infra { .. });
        (billed && MARCH - 3 * DAY <= event.at && event.at < MARCH).then_some(event.at + 7 * DAY)
    }

    /// Withdraws the February invoice in euros, once it is that late, and makes it anew.
    pub(crate) fn correct_sample(&self, books: &mut Books, place: usize, now: Millis) {
        if place != IN_EUROS || now < WITHDRAWN {
            return;
        }
        let february = |invoice: &Invoice| {
            invoice.kind == Kind::Usage && invoice.period.start == FEBRUARY && invoice.status == Status::Finalized
        };
        let Some(at) = books.invoices.iter().position(february) else { return };
        let mut first = books.invoices.remove(at);
        let sums = self.measured(place).sums(first.period.start, first.period.end, WITHDRAWN);
        if let Some(contract) = books.contracts.first().cloned() {
            let again = self.make_anew(books, &sums, (place, 0), &contract, &mut first, WITHDRAWN);
            books.invoices.push(again);
        }
        books.invoices.push(first);
    }
}
