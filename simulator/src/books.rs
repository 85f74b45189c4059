//! The books of one customer as of a moment: its invoices and balances, worked out month by month from its usage, each
//! invoice drawing on the balances that are open. Invoice lines and ledger entries come from the same step, so they tie.
//!
//! Nothing is kept between calls: an account of a hundred thousand customers is worked out one customer at a time.

use crate::account::{Account, Deal, FEWEST_CUSTOMERS, Period, Scale, month_start};
use crate::balance::{Balance, BalanceKind, Entry, EntryKind, Segment};
use crate::burn::{Draws, burn};
use crate::calendar::{DAY, HOUR, Millis};
use crate::decimal::{Amount, Price, Quantity};
use crate::grant::Grant;
use crate::invoice::{Invoice, Kind, Line, LineKind, Status};
use crate::price_list::{CENTS_PER_COMPUTE_UNIT, Currency, VCPU, card_price};
use crate::random::Draw;
use crate::terms::{Contract, Terms, fixed};

/// What a customer has been billed and may draw on.
#[derive(Debug, Clone)]
pub struct Books {
    /// Every invoice that exists now, in the order they are issued.
    pub invoices: Vec<Invoice>,
    /// Contracts.
    pub contracts: Vec<Contract>,
    /// Commits and credits that exist now, with their ledgers.
    pub balances: Vec<Balance>,
    /// Legacy credit grants.
    pub grants: Vec<Grant>,
}

/// How long a usage invoice stays a draft after its period.
pub const GRACE: Millis = DAY;

impl Account {
    /// The books of a customer at a moment.
    pub fn books(&self, place: usize, now: Millis) -> Books {
        let Terms { contracts, balances } = self.terms(place);
        let mut books = Books { invoices: Vec::new(), contracts, balances, grants: self.grants(place) };
        books.contracts.retain(|contract| contract.created_at <= now);
        let used = self.measured(place);
        let billed_from = self.customers[place].billed_from;
        for month in 0..self.month_count {
            let Some(period) = self.period(place, month).filter(|period| period.start <= now) else { continue };
            books.open(period, now);
            // What comes when the invoice is closed is not on it.
            let known = now.min(period.end + GRACE);
            let sums = used.sums(period.start.max(billed_from), period.end.min(now), known);
            match self.customers[place].deal {
                Deal::Contract => self.contract_month(&mut books, &sums, (place, month, period), now),
                Deal::Plan(_) | Deal::None => self.plan_month(&mut books, &sums, (place, month, period), now),
            }
            self.close(&mut books, place, period, now);
        }
        if self.scale == Scale::Sample {
            self.correct_sample(&mut books, place, now);
        }
        // Where no usage is billed, or none any more, balances still open and lapse.
        let billed_until = month_start(self.month_count);
        if self.customers[place].deal == Deal::None || billed_until <= now {
            books.open(Period { start: billed_from, end: now + 1 }, now);
            self.close(&mut books, place, Period { start: billed_from, end: now }, now);
        }
        self.scheduled(&mut books, place, now);
        if self.scale == Scale::Live {
            self.consolidated(&mut books, place, now);
        }
        for invoice in &mut books.invoices {
            invoice.external = self.external(invoice, now);
        }
        books.balances.retain(|balance| balance.created_at <= now);
        for balance in &mut books.balances {
            balance.ledger.sort_by_key(|entry| entry.at);
        }
        books.invoices.sort_by(|one, other| (one.issued_at, &one.id).cmp(&(other.issued_at, &other.id)));
        books
    }

    /// A month of a legacy plan: what is billed does not depend on balances.
    fn plan_month(
        &self,
        books: &mut Books,
        used: &[Quantity],
        (place, month, period): (usize, usize, Period),
        now: Millis,
    ) {
        let mut invoice = self.invoice(used, place, month, period);
        let withdrawn_at = invoice.issued_at + 60 * HOUR;
        let mut first = None;
        if place == 0 && month == 1 {
            first = Some(self.withdrawn(used, period));
        } else if self.scale == Scale::Live && invoice.status == Status::Void && !books.grants.is_empty() {
            invoice.status = Status::Finalized;
        } else if self.scale == Scale::Live && invoice.status == Status::Void {
            let id = self.id("invoice", &[place as u64, month as u64, 2]);
            first = Some(invoice.clone());
            invoice.status = Status::Finalized;
            // Ids of lines and sub lines follow the invoice's, as they do where it is made anew.
            for line in &mut invoice.lines {
                line.id = self.id(&line.id, &[2]);
                line.sub_lines.iter_mut().for_each(|sub| sub.id = self.id(&sub.id, &[2]));
            }
            invoice.updated_at = withdrawn_at;
            invoice.id = id;
        }
        if let Some(mut first) = first {
            invoice.regenerated_from = Some(first.id.clone());
            first.status = stage(&first, now);
            if first.status == Status::Finalized && withdrawn_at <= now {
                first.status = Status::Void;
                first.updated_at = withdrawn_at;
            }
            let replaced = first.status == Status::Void;
            books.invoices.push(first);
            if !replaced {
                return;
            }
        }
        if invoice.status != Status::Void || now < withdrawn_at {
            invoice.status = stage(&invoice, now);
        }
        for grant in &mut books.grants {
            grant.take_from(self, &mut invoice);
        }
        books.invoices.push(invoice);
    }

    /// A month of a contract.
    fn contract_month(
        &self,
        books: &mut Books,
        used: &[Quantity],
        (place, month, period): (usize, usize, Period),
        now: Millis,
    ) {
        let covers = |contract: &&Contract| {
            contract.bills_usage && contract.starts <= period.start && contract.ends.is_none_or(|end| period.end <= end)
        };
        let Some(contract) = books.contracts.iter().find(covers).cloned() else { return };
        let currency = if contract.card == Currency::Eur { Currency::Eur } else { Currency::Usd };
        let id = self.id("invoice", &[place as u64, month as u64]);
        let mut invoice = Invoice::for_usage(id, place, contract.id.clone(), currency, period);
        // A contract that was entered late is billed then.
        invoice.issued_at = invoice.issued_at.max(contract.created_at + HOUR);
        invoice.updated_at = invoice.updated_at.max(invoice.issued_at);
        invoice.status = stage(&invoice, now);
        if let Some(parent) = contract.parent {
            invoice.payer = Some((parent, self.id("contract", &[parent as u64])));
        }
        self.bill(books, used, month, &contract, &mut invoice);
        let mut draw = Draw::new(self.seed, 0x1271, (place * 64 + month) as u64);
        let withdrawn_at = invoice.issued_at + 60 * HOUR;
        let withdrawn = place >= FEWEST_CUSTOMERS && self.scale != Scale::Sample && draw.below(25) == 0;
        if withdrawn && withdrawn_at <= now {
            let again = self.make_anew(books, used, (place, month), &contract, &mut invoice, withdrawn_at);
            books.invoices.push(again);
        }
        if self.variant(place) == Some(6) && month == 1 && period.end + 10 * DAY <= now {
            books.invoices.push(self.correction(&invoice, &contract));
        }
        books.invoices.push(invoice);
    }

    /// Bills the usage of a month: prices it, covers it from the balances and notes what was drawn.
    fn bill(&self, books: &mut Books, used: &[Quantity], month: usize, contract: &Contract, invoice: &mut Invoice) {
        invoice.lines = self.usage_lines(used, contract, month, &invoice.id);
        let draws = burn(self, &mut books.balances, invoice, &contract.id);
        self.convert(invoice, contract);
        books.record(&draws, invoice);
    }

    /// Withdraws an invoice: what it drew is given back, and another one takes its place, with an id of its own.
    pub(crate) fn make_anew(
        &self,
        books: &mut Books,
        used: &[Quantity],
        (place, month): (usize, usize),
        contract: &Contract,
        first: &mut Invoice,
        at: Millis,
    ) -> Invoice {
        first.status = Status::Void;
        first.updated_at = at;
        books.give_back(&first.id, at);
        let mut again = Invoice {
            id: self.id("invoice", &[place as u64, month as u64, 2]),
            regenerated_from: Some(first.id.clone()),
            status: Status::Finalized,
            issued_at: at,
            ..first.clone()
        };
        self.bill(books, used, month, contract, &mut again);
        again
    }

    fn usage_lines(&self, used: &[Quantity], contract: &Contract, month: usize, invoice: &str) -> Vec<Line> {
        let mut lines: Vec<Line> = VCPU
            .map(|metric| {
                let price = card_price(contract.card, metric);
                Line {
                    id: self.id(invoice, &[metric as u64]),
                    unit: Some(contract.card),
                    metric: Some(metric),
                    name: self.metrics[metric].name.clone(),
                    product: self.contract_product(metric),
                    quantity: used[metric],
                    unit_price: Some(price),
                    total: used[metric] * price,
                    ..Line::default()
                }
            })
            .collect();
        if let Some(seats) = &contract.seats {
            let quantity = Quantity::whole(seats.first + month as u64);
            lines.push(Line {
                id: self.id(invoice, &[500]),
                kind: LineKind::Subscription,
                unit: Some(Currency::Usd),
                name: "Seats".into(),
                product: self.fixed_product(fixed::SEATS),
                quantity,
                unit_price: Some(seats.price),
                total: quantity * seats.price,
                source: Some(seats.id.clone()),
                ..Line::default()
            });
        }
        lines
    }

    /// Turns what is left of compute units into dollars.
    fn convert(&self, invoice: &mut Invoice, contract: &Contract) {
        if contract.card != Currency::Compute {
            return;
        }
        let left: Amount =
            invoice.lines.iter().filter(|line| line.unit == Some(Currency::Compute)).map(|line| line.total).sum();
        // A quantity has fewer decimals than an amount. What is billed is the quantity as shown.
        let quantity = Quantity(left.0 / 10_i128.pow(Amount::SCALE - Quantity::SCALE));
        let price = Price(CENTS_PER_COMPUTE_UNIT * 10_i128.pow(Price::SCALE - 2));
        invoice.lines.push(Line {
            id: self.id(&invoice.id, &[600]),
            kind: LineKind::Conversion,
            unit: Some(Currency::Usd),
            name: "Compute units to USD".into(),
            quantity,
            unit_price: Some(price),
            total: quantity * price,
            ..Line::default()
        });
    }

    fn correction(&self, of: &Invoice, contract: &Contract) -> Invoice {
        let id = self.id("correction", &[of.customer as u64]);
        let mut invoice = Invoice::for_usage(id, of.customer, contract.id.clone(), of.currency, of.period);
        invoice.kind = Kind::Correction;
        invoice.issued_at = of.period.end + 10 * DAY;
        invoice.updated_at = invoice.issued_at + HOUR;
        invoice.corrects = Some(of.id.clone());
        invoice.lines = vec![Line {
            id: self.id(&invoice.id, &[0]),
            unit: Some(of.currency),
            metric: Some(VCPU.start),
            name: format!("{}, corrected", self.metrics[VCPU.start].name),
            product: self.contract_product(VCPU.start),
            quantity: Quantity(-3 * 10_i128.pow(Quantity::SCALE)),
            unit_price: Some(card_price(contract.card, VCPU.start)),
            total: -(Quantity::whole(3) * card_price(contract.card, VCPU.start)),
            ..Line::default()
        }];
        invoice
    }

    /// Ends what ends with a period: rest rolled over, lapsed, or billed.
    fn close(&self, books: &mut Books, place: usize, period: Period, now: Millis) {
        let mut moved = Vec::new();
        let mut trueups = Vec::new();
        for balance in &mut books.balances {
            let archived_at = balance.archived_at.filter(|at| *at <= now);
            for at in 0..balance.segments.len() {
                let segment = &mut balance.segments[at];
                let end = archived_at.unwrap_or(segment.end).min(segment.end);
                if !segment.opened || segment.closed || end > now || end > period.end {
                    continue;
                }
                segment.closed = true;
                let (mut left, id) = (segment.left, segment.id.clone());
                segment.left = Amount::ZERO;
                if balance.kind == BalanceKind::Postpaid && left <= Amount::ZERO {
                    continue;
                }
                if balance.kind == BalanceKind::Postpaid {
                    let invoice = self.id("trueup", &[place as u64, end as u64]);
                    let mut entry = Entry::of_segment(EntryKind::Trueup, end, -left, &id);
                    entry.segment = None;
                    entry.invoice = Some(invoice.clone());
                    balance.ledger.push(entry);
                    trueups.push((invoice, balance.id.clone(), balance.contract.clone(), left, end));
                    continue;
                }
                if let (Some(percent), Some((to, contract))) = (balance.rollover_percent, &balance.rolls_into) {
                    let rolled = left.percent(percent);
                    let mut entry = Entry::of_segment(EntryKind::Rollover, end, -rolled, &id);
                    entry.new_contract = Some(contract.clone());
                    balance.ledger.push(entry);
                    moved.push((to.clone(), rolled));
                    left = left - rolled;
                }
                if left > Amount::ZERO {
                    balance.ledger.push(Entry::of_segment(EntryKind::Expiration, end, -left, &id));
                }
            }
        }
        for (to, amount) in moved {
            if let Some(balance) = books.balances.iter_mut().find(|balance| balance.id == to) {
                balance.segments.iter_mut().for_each(|segment| segment.amount = amount);
            }
        }
        for (id, commit, contract, left, end) in trueups {
            let mut invoice =
                Invoice::dated(id, place, Kind::Trueup, contract.unwrap_or_default(), Currency::Usd, end + DAY);
            invoice.lines = vec![Line {
                id: self.id(&invoice.id, &[0]),
                kind: LineKind::Purchase,
                unit: Some(Currency::Usd),
                name: "Committed spend true-up".into(),
                product: self.fixed_product(fixed::POSTPAID),
                quantity: Quantity::whole(1),
                total: left,
                commit: Some(commit),
                ..Line::default()
            }];
            invoice.status = if invoice.issued_at <= now { Status::Finalized } else { Status::Draft };
            books.invoices.push(invoice);
        }
    }
}

/// Where a usage invoice is: a draft until a day after its period.
fn stage(invoice: &Invoice, now: Millis) -> Status {
    if now < invoice.period.end + GRACE { Status::Draft } else { Status::Finalized }
}

impl Books {
    /// Opens the segments that begin before a period's end, and books what was adjusted by hand in it.
    fn open(&mut self, period: Period, now: Millis) {
        for balance in &mut self.balances {
            for segment in &mut balance.segments {
                if !segment.opened && segment.start < period.end && segment.start <= now {
                    segment.opened = true;
                    segment.left = segment.amount;
                    balance.ledger.push(Entry::of_segment(
                        EntryKind::Start,
                        segment.start,
                        segment.amount,
                        &segment.id,
                    ));
                }
            }
            let Some(segment) = balance.segments.iter_mut().find(|one| one.opened && !one.closed) else { continue };
            balance.manual.retain(|manual| {
                let future = manual.at >= period.end && manual.reason == "agreed for later";
                if !future && (manual.at >= period.end || manual.at > now) {
                    return true;
                }
                segment.left = (segment.left + manual.amount).max(Amount::ZERO);
                let mut entry = Entry::of_segment(EntryKind::Manual, manual.at, manual.amount, &segment.id);
                entry.segment = None;
                entry.reason = Some(manual.reason);
                balance.ledger.push(entry);
                false
            });
        }
    }

    /// Notes what an invoice drew.
    fn record(&mut self, draws: &Draws, invoice: &Invoice) {
        for ((balance, segment), amount) in draws {
            let balance = &mut self.balances[*balance];
            let mut entry =
                Entry::of_segment(EntryKind::Deduction, invoice.period.end, -*amount, &balance.segments[*segment].id);
            entry.invoice = Some(invoice.id.clone());
            entry.pending = invoice.status == Status::Draft;
            balance.ledger.push(entry);
        }
    }

    /// Gives back what an invoice drew that is withdrawn.
    fn give_back(&mut self, invoice: &str, at: Millis) {
        for balance in &mut self.balances {
            let drew = |entry: &&Entry| entry.kind == EntryKind::Deduction && entry.invoice.as_deref() == Some(invoice);
            let returned: Vec<Entry> = balance
                .ledger
                .iter()
                .filter(drew)
                .map(|entry| Entry { kind: EntryKind::Credited, at, amount: -entry.amount, ..entry.clone() })
                .collect();
            for entry in &returned {
                let of = |segment: &&mut Segment| entry.segment.as_ref() == Some(&segment.id) && !segment.closed;
                if let Some(segment) = balance.segments.iter_mut().find(of) {
                    segment.left += entry.amount;
                }
            }
            balance.ledger.extend(returned);
        }
    }
}
