//! What happened to a customer: periods are billed one after the other, each invoice draws on what is open, segments end,
//! invoices are withdrawn and made anew. Every step notes its own totals.

use super::NOW;
use super::agreed::{Agreed, Manual, Told, agree};
use super::bill::{Invoice, Line, Purpose, Status};
use super::ledger::{Balance, Bill, Kind, Movement, Segment};
use super::totals::{Category, Earned, Totals};
use super::units::{Micros, Span, month_before};
use crate::calendar::{DAY, Millis};
use crate::price_list::Currency;
use crate::random::Draw;
use std::collections::BTreeMap;

/// How long a usage invoice stays a draft after its period.
pub(super) const GRACE: Millis = DAY;

/// A customer with all that happened.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) agreed: Agreed,
    pub(super) invoices: Vec<Invoice>,
    pub(super) totals: Totals,
    manuals_done: usize,
    /// Final usage that nothing covers, of a contract: what it is called depends on commits that may be yet to come.
    pub(super) uncovered: Vec<(usize, Span, Currency, Micros)>,
}

/// Lives through everything until [`NOW`].
pub(super) fn live(seed: u64, number: u64, contracts: u64) -> Life {
    let agreed = agree(seed, number, contracts);
    let totals = Totals::default();
    let mut life = Life { agreed, invoices: Vec::new(), totals, manuals_done: 0, uncovered: Vec::new() };
    life.agreed.balances.iter_mut().for_each(|balance| balance.begin(NOW));
    let mut draw = Draw::new(seed, 0x11fe, number);
    life.purchases(&mut draw);
    life.fees();
    let mut periods: Vec<(Millis, usize, Span)> = Vec::new();
    for (place, contract) in life.agreed.contracts.iter().enumerate() {
        periods.extend(contract.periods.iter().filter(|span| span.0 < NOW).map(|span| (span.1, place, *span)));
    }
    periods.sort_unstable();
    for place in 0..periods.len() {
        // No period that is left can draw on what ended before all of them began.
        let until = periods[place..].iter().map(|(.., span)| span.0).min().unwrap_or(NOW);
        life.settle(until);
        let (_, contract, span) = periods[place];
        life.correct(span.1);
        life.period(contract, span, &mut draw);
    }
    life.settle(NOW);
    life.correct(NOW);
    life.call();
    life.combine();
    life
}

impl Life {
    /// Bills the price of prepaid commits; one in fifteen invoices is withdrawn and made anew.
    fn purchases(&mut self, draw: &mut Draw) {
        for place in 0..self.agreed.balances.len() {
            let balance = &self.agreed.balances[place];
            if balance.kind != Kind::Prepaid {
                continue;
            }
            let (currency, contract, id) = (balance.money(), balance.contract.unwrap_or(0), balance.id.clone());
            if balance.is_paid_elsewhere && balance.start() <= NOW {
                self.totals.deferred.entry(currency).or_default().elsewhere += balance.price();
            }
            let bills: Vec<Bill> = balance.bills.iter().flatten().filter(|bill| bill.at <= NOW).cloned().collect();
            for (number, bill) in bills.into_iter().enumerate() {
                let withdrawn = (draw.below(15) == 0).then(|| bill.at + 2 * DAY).filter(|at| *at <= NOW);
                let mut line = Line::one("Prepaid commit", self.agreed.fixed_product(0), bill.amount, currency, None);
                line.commit = Some(id.clone());
                let (kind, numbers) = ("history purchase", [place as u64, number as u64]);
                if let Some(at) = withdrawn {
                    let first = self.apart(kind, &[&numbers[..], &[1]].concat(), contract, bill.at, line.clone());
                    self.invoices.push(Invoice { status: Status::Void, voided_at: Some(at), ..first });
                }
                let invoice = self.apart(kind, &numbers, contract, withdrawn.unwrap_or(bill.at), line);
                if let Some(bills) = &mut self.agreed.balances[place].bills {
                    bills[number].invoice = Some(invoice.id.clone());
                }
                self.totals.deferred.entry(currency).or_default().purchased += bill.amount;
                self.invoices.push(invoice);
            }
        }
    }

    fn fees(&mut self) {
        for (number, fee) in self.agreed.fees.clone().into_iter().enumerate() {
            if fee.at > NOW {
                continue;
            }
            let currency = self.agreed.contracts[fee.contract].money();
            let told = (fee.told == Told::Line).then_some(fee.span);
            let line = Line::one("Support", self.agreed.fixed_product(2), fee.amount, currency, told);
            let invoice = self.apart("history fee", &[number as u64], fee.contract, fee.at, line);
            self.invoices.push(invoice);
            let earned = self.all(Some(fee.contract), Category::Scheduled, currency, fee.amount);
            self.totals.earn_fee(earned, fee.span, fee.at);
        }
    }

    /// Says what usage is that nothing covers, once every commit is known.
    fn call(&mut self) {
        for (contract, span, currency, amount) in std::mem::take(&mut self.uncovered) {
            let category = if self.has_commit(contract, span) { Category::Overage } else { Category::OnDemand };
            let earned = self.all(Some(contract), category, currency, amount);
            self.totals.earn(earned, span);
        }
    }

    /// Moves purchases and true-ups that are billed at the end of a period to the invoice of its usage.
    fn combine(&mut self) {
        let is_apart = |one: &Invoice| one.status == Status::Finalized && one.period.is_none();
        let mut moved = BTreeMap::new();
        for place in 0..self.invoices.len() {
            let one = &self.invoices[place];
            let is_commit = one.lines.iter().all(|line| line.commit.is_some());
            if !(is_apart(one) && is_commit && self.agreed.contracts[one.contract].is_combined) {
                continue;
            }
            let ends = if one.purpose == Purpose::Trueup { one.issued_at - GRACE } else { one.issued_at };
            let (contract, currency) = (one.contract, one.currency);
            let found = self.invoices.iter().position(|to| {
                let is_same = to.contract == contract && to.currency == currency;
                is_same && to.status == Status::Finalized && to.period.is_some_and(|period| period.1 == ends)
            });
            if let Some(to) = found {
                let lines = std::mem::take(&mut self.invoices[place].lines);
                moved.insert(self.invoices[place].id.clone(), self.invoices[to].id.clone());
                self.invoices[to].lines.extend(lines);
            }
        }
        self.invoices.retain(|one| !moved.contains_key(&one.id));
        for balance in &mut self.agreed.balances {
            let bills = balance.bills.iter_mut().flatten().map(|bill| &mut bill.invoice);
            for named in bills.chain(balance.entries.iter_mut().map(|entry| &mut entry.invoice)).flatten() {
                if let Some(to) = moved.get(named) {
                    named.clone_from(to);
                }
            }
        }
    }

    /// An invoice of one line that bills a date.
    pub(super) fn apart(&self, kind: &str, numbers: &[u64], contract: usize, at: Millis, line: Line) -> Invoice {
        Invoice {
            id: self.agreed.id(kind, numbers),
            contract,
            purpose: Purpose::Scheduled,
            status: Status::Finalized,
            currency: line.unit,
            period: None,
            issued_at: at,
            voided_at: None,
            provider: None,
            is_retold: false,
            lines: vec![line],
        }
    }

    /// Revenue that is worth what is billed.
    pub(super) fn all(
        &self,
        contract: Option<usize>,
        category: Category,
        currency: Currency,
        amount: Micros,
    ) -> Earned {
        Earned { contract, category, currency, list: amount, recognized: amount }
    }

    /// Enters what people correct before a moment; of what is taken, no more than is left.
    fn correct(&mut self, until: Millis) {
        while let Some(manual) = self.agreed.manuals.get(self.manuals_done).filter(|one| one.at < until).cloned() {
            self.manuals_done += 1;
            let Manual { balance, segment, at, amount } = manual;
            let balance = &mut self.agreed.balances[balance];
            let amount = amount.max(-balance.segments[segment].left);
            if amount != Micros::ZERO {
                balance.segments[segment].left += amount;
                balance.enter(Movement::Manual, at, amount, segment, None);
            }
        }
    }

    /// Ends the segments whose time is over by then.
    fn settle(&mut self, until: Millis) {
        self.correct(until);
        // What moves on may be over by then too: it stands behind the others.
        let mut place = 0;
        while place < self.agreed.balances.len() {
            for number in 0..self.agreed.balances[place].segments.len() {
                let segment = &mut self.agreed.balances[place].segments[number];
                if segment.is_settled || segment.span.1 > until.min(NOW) {
                    continue;
                }
                segment.is_settled = true;
                let left = std::mem::take(&mut segment.left);
                if left > Micros::ZERO {
                    match self.agreed.balances[place].kind {
                        Kind::Prepaid => self.lapse(place, number, left),
                        Kind::Postpaid => self.true_up(place, number, left),
                        Kind::Credit => {
                            let balance = &mut self.agreed.balances[place];
                            balance.enter(Movement::Expiry, balance.segments[number].span.1, -left, number, None);
                        }
                    }
                }
            }
            place += 1;
        }
    }

    /// A part moves on, the rest is lost and earned.
    fn lapse(&mut self, place: usize, number: usize, left: Micros) {
        let balance = &mut self.agreed.balances[place];
        let end = balance.segments[number].span.1;
        let rolled = balance
            .rollover_percent
            .map_or(Micros::ZERO, |percent| Micros(left.0 * percent / 100).floor(Micros::GRAIN));
        let lost = left - rolled;
        if lost > Micros::ZERO {
            balance.enter(Movement::Expiry, end, -lost, number, None);
            let is_money = balance.unit == balance.money();
            let earned = Earned {
                contract: balance.contract,
                category: Category::Expiration,
                currency: balance.money(),
                list: if is_money { lost } else { Micros::ZERO },
                recognized: balance.worth(lost),
            };
            self.totals.earn_in(earned, month_before(end));
        }
        if rolled > Micros::ZERO {
            self.roll(place, number, rolled);
        }
    }

    /// Makes the balance that a rest moves to.
    fn roll(&mut self, place: usize, number: usize, rolled: Micros) {
        let next = self.agreed.balances.len() as u64;
        let id = self.agreed.id("history balance", &[next]);
        let mut draw = Draw::new(self.agreed.seed, 0x9011, self.agreed.number * 64 + next);
        let segment_id = self.agreed.id("history segment", &[next, 0]);
        let contract = self.renewal(place, &mut draw);
        let old = &mut self.agreed.balances[place];
        let end = old.segments[number].span.1;
        old.enter(Movement::Rollover, end, -rolled, number, None);
        if let Some(entry) = old.entries.last_mut() {
            entry.into = Some(id.clone());
        }
        let segment = Segment {
            id: segment_id,
            span: (end, end + (20 + draw.below(60)) as i64 * DAY),
            granted: rolled,
            left: Micros::ZERO,
            is_settled: false,
        };
        let mut balance = Balance {
            id,
            contract,
            name: "Rolled over",
            segments: vec![segment],
            bills: None,
            is_cost_stated: draw.below(2) == 0,
            rollover_percent: [None, Some(50)][draw.weighted(&[3, 1])],
            rolled_from: Some(place),
            entries: Vec::new(),
            ..old.clone()
        };
        balance.begin(NOW);
        self.agreed.balances.push(balance);
    }

    /// The contract that a rest moves to: its own or, one in two, another in the same unit that has a commit from its begin.
    fn renewal(&self, place: usize, draw: &mut Draw) -> Option<usize> {
        let own = self.agreed.balances[place].contract?;
        let contracts = &self.agreed.contracts;
        let has_commit = |other: usize| {
            let of = |one: &&Balance| one.contract == Some(other) && one.kind != Kind::Credit;
            self.agreed.balances.iter().filter(of).any(|one| one.start() <= contracts[other].span.0)
        };
        let fits = |other: &usize| *other != own && contracts[*other].unit == contracts[own].unit && has_commit(*other);
        (0..contracts.len()).find(fits).filter(|_| draw.below(2) == 0).or(Some(own))
    }

    /// Bills what was promised and not used.
    fn true_up(&mut self, place: usize, number: usize, left: Micros) {
        let balance = &self.agreed.balances[place];
        let (end, currency, contract) = (balance.segments[number].span.1, balance.money(), balance.contract);
        let mut line = Line::one("Postpaid commit true-up", self.agreed.fixed_product(0), left, currency, None);
        line.commit = Some(balance.id.clone());
        let mut invoice = self.apart("history true-up", &[place as u64], contract.unwrap_or(0), end + GRACE, line);
        invoice.purpose = Purpose::Trueup;
        // One that is young may not be final yet.
        let mut draw = Draw::new(self.agreed.seed, 0x7e09, self.agreed.number * 64 + place as u64);
        if end + 10 * DAY > NOW && draw.below(2) == 0 {
            invoice.status = Status::Draft;
            self.totals.accrue_in(currency, left, month_before(end));
        } else {
            let earned = self.all(contract, Category::TrueUp, currency, left);
            self.totals.earn_in(earned, month_before(end));
        }
        let balance = &mut self.agreed.balances[place];
        balance.enter(Movement::Trueup, end, -left, number, Some(&invoice.id));
        for bill in balance.bills.iter_mut().flatten() {
            bill.invoice = Some(invoice.id.clone());
        }
        self.invoices.push(invoice);
    }

    /// Bills a period: once, or once in vain and once again.
    fn period(&mut self, contract: usize, span: Span, draw: &mut Draw) {
        let id = |life: &Self, turn: u64| life.agreed.id("history usage", &[contract as u64, span.0 as u64, turn]);
        if span.1 + GRACE > NOW {
            let status = if draw.below(12) == 0 { Status::Incomplete } else { Status::Draft };
            let invoice = self.usage_invoice(contract, span, status, id(self, 0), draw);
            self.invoices.push(invoice);
            return;
        }
        let withdrawn_at = span.1 + (3 + draw.below(4)) as i64 * DAY;
        if draw.below(12) == 0 && withdrawn_at <= NOW {
            let mut first = self.usage_invoice(contract, span, Status::Void, id(self, 1), draw);
            first.voided_at = Some(withdrawn_at);
            self.give_back(&first.id, withdrawn_at);
            self.invoices.push(first);
        }
        let mut invoice = self.usage_invoice(contract, span, Status::Finalized, id(self, 0), draw);
        invoice.is_retold = draw.below(10) == 0;
        invoice.provider = [None, Some("SENT"), Some("PAID"), Some("PAYMENT_FAILED")][draw.weighted(&[2, 1, 4, 1])];
        self.invoices.push(invoice);
    }

    /// Enters again what a withdrawn invoice drew.
    fn give_back(&mut self, invoice: &str, at: Millis) {
        for balance in &mut self.agreed.balances {
            let movement = if balance.kind == Kind::Postpaid { Movement::VoidDrawdown } else { Movement::CreditBack };
            let drawn: Vec<(usize, Micros)> = balance
                .entries
                .iter()
                .filter(|entry| entry.invoice.as_deref() == Some(invoice))
                .map(|entry| (entry.segment, entry.amount))
                .collect();
            for (segment, amount) in drawn {
                balance.segments[segment].left -= amount;
                balance.enter(movement, at, -amount, segment, Some(invoice));
            }
        }
    }
}
