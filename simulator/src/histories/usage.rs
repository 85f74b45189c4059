//! How usage is billed: a period is used, drawn on what is open in any order, noted, and told as lines.

use super::NOW;
use super::agreed::{Contract, PRODUCTS, Style};
use super::bill::{Invoice, Line, Purpose, Status};
use super::ledger::{Balance, Kind, Movement, Segment};
use super::life::{GRACE, Life};
use super::totals::{Category, Earned};
use super::units::{Micros, Span, days, grain, passed};
use crate::calendar::Millis;
use crate::price_list::Currency;
use crate::random::Draw;
use std::collections::{BTreeMap, BTreeSet};

/// Prices of the products that are used, in hundredths of a cent: each divides every amount into a finite quantity.
const PRICES: [i128; PRODUCTS] = [1, 20, 100, 5_000, 8_000, 25_000];

/// Cents that a custom unit is billed for where no commit covers it.
const CENTS_PER_UNIT: i128 = 12;

/// What a usage line is made of before it is told.
struct Used {
    product: String,
    price: Micros,
    unit: Currency,
    span: Span,
    /// What of that had passed when the invoice was told; all of it where it is final.
    passed: Span,
    /// What amounts are multiples of.
    grain: i128,
    total: Micros,
    /// What each balance covers, by its place.
    parts: Vec<(usize, Micros)>,
    open: Micros,
    /// Of seats.
    subscription: Option<String>,
}

/// What an invoice draws from each segment, and the end of the last service that it pays.
type Drawn = BTreeMap<(usize, usize), (Micros, Millis)>;

impl Life {
    /// The invoice of a period, with what it draws.
    pub(super) fn usage_invoice(
        &mut self,
        contract: usize,
        span: Span,
        status: Status,
        id: String,
        draw: &mut Draw,
    ) -> Invoice {
        let agreed = self.agreed.contracts[contract].clone();
        let mut invoice = Invoice {
            purpose: Purpose::Usage,
            status,
            currency: agreed.money(),
            period: Some(span),
            issued_at: span.1 + GRACE,
            lines: Vec::new(),
            ..self.apart("", &[], contract, 0, Line::one("", String::new(), Micros::ZERO, agreed.money(), None))
        };
        invoice.id = id;
        if status == Status::Incomplete {
            return invoice;
        }
        let mut drawn = Drawn::new();
        let told = if status == Status::Draft { NOW } else { Millis::MAX };
        // Nothing is used before its time.
        let parts: Vec<Span> = self.cut(contract, span).into_iter().filter(|part| part.0 < told).collect();
        for part in &parts {
            for used in self.use_products(&agreed, *part, (span, told), draw) {
                let used = self.cover(contract, used, &mut drawn, draw);
                self.note_usage(contract, &used, &invoice);
                self.tell_usage(&agreed, &used, &mut invoice.lines);
            }
        }
        self.seats(contract, &mut invoice, &mut drawn, draw);
        let movement = match status {
            Status::Finalized => Movement::Drawdown,
            Status::Void => Movement::VoidDrawdown,
            Status::Draft | Status::Incomplete => Movement::Pending,
        };
        for ((place, segment), (amount, end)) in drawn {
            self.agreed.balances[place].enter(movement, end, -amount, segment, Some(&invoice.id));
        }
        if status == Status::Finalized {
            self.totals.invoice((contract, invoice.currency), invoice.total(), span);
        }
        invoice
    }

    /// A period in parts, in each of which what may be drawn on is the same from its first day to its last.
    fn cut(&self, contract: usize, span: Span) -> Vec<Span> {
        let mut bounds = BTreeSet::from([span.0, span.1]);
        for balance in self.agreed.balances.iter().filter(|one| one.contract.is_none_or(|own| own == contract)) {
            for Segment { span: open, .. } in &balance.segments {
                bounds.extend([open.0, open.1].into_iter().filter(|at| span.0 < *at && *at < span.1));
            }
        }
        let bounds: Vec<Millis> = bounds.into_iter().collect();
        bounds.windows(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// One to three products used in a part of a period.
    fn use_products(
        &self,
        contract: &Contract,
        part: Span,
        (period, told): (Span, Millis),
        draw: &mut Draw,
    ) -> Vec<Used> {
        let passed = passed(part, told);
        let grain = grain(passed);
        let first = draw.index(PRODUCTS);
        let count = 1 + draw.index(3);
        let about = contract.usage.0 * i128::from(days(part)) / i128::from(days(period)) / count as i128;
        let of = |product: usize| {
            let price = Micros(PRICES[product] * 10_000);
            // A multiple of the price of a hundredth of a unit, and of the days where they are of two months.
            let step = price.0 / 100 * (grain / Micros::GRAIN);
            let total = Micros(about * i128::from(draw.below(200)) / 100 / step * step);
            Used {
                product: self.agreed.product(product),
                price,
                unit: contract.unit,
                span: part,
                passed,
                grain,
                total,
                parts: Vec::new(),
                open: total,
                subscription: None,
            }
        };
        (first..first + count).map(|product| product % PRODUCTS).map(of).collect()
    }

    /// Draws on what is open, in any order.
    fn cover(&mut self, contract: usize, mut used: Used, drawn: &mut Drawn, draw: &mut Draw) -> Used {
        let mut places: Vec<(u64, usize, usize)> = Vec::new();
        for (place, balance) in self.agreed.balances.iter().enumerate() {
            let product = |number: &usize| self.agreed.product(*number) == used.product;
            let fits = balance.unit == used.unit
                && balance.contract.is_none_or(|own| own == contract)
                && (balance.products.is_empty() || balance.products.iter().any(product));
            for (number, segment) in balance.segments.iter().enumerate() {
                if fits && segment.span.0 <= used.span.0 && used.span.1 <= segment.span.1 {
                    places.push((draw.word(), place, number));
                }
            }
        }
        places.sort_unstable();
        for (_, place, number) in places {
            let segment = &mut self.agreed.balances[place].segments[number];
            let taken = used.open.min(segment.left).floor(used.grain);
            if taken > Micros::ZERO {
                segment.left -= taken;
                used.open -= taken;
                used.parts.push((place, taken));
                let sum = drawn.entry((place, number)).or_insert((Micros::ZERO, used.span.1));
                *sum = (sum.0 + taken, sum.1.max(used.span.1));
            }
        }
        used
    }

    /// Notes what was used, and what was earned by it.
    fn note_usage(&mut self, contract: usize, used: &Used, invoice: &Invoice) {
        let status = invoice.status;
        if status == Status::Void {
            return;
        }
        let money = self.agreed.contracts[contract].money();
        let is_money = used.unit == money;
        if status == Status::Finalized && used.subscription.is_none() {
            self.totals.use_up((contract, used.unit), used.total, used.open, used.span);
        }
        let mut earned = Vec::new();
        for (place, taken) in &used.parts {
            let balance = &self.agreed.balances[*place];
            let category = match balance.kind {
                Kind::Prepaid => Category::PrepaidDrawdown,
                Kind::Postpaid if used.subscription.is_some() => Category::Subscription,
                Kind::Postpaid => Category::PostpaidDrawdown,
                Kind::Credit => Category::CreditDrawdown,
            };
            let list = if is_money { *taken } else { Micros::ZERO };
            let recognized = balance.worth(*taken);
            earned.push(Earned { contract: Some(contract), category, currency: money, list, recognized });
        }
        if used.open > Micros::ZERO {
            let billed = if is_money { used.open } else { converted(used.open) };
            if status == Status::Finalized && used.subscription.is_none() {
                self.uncovered.push((contract, used.span, money, billed));
            } else {
                earned.push(self.all(Some(contract), Category::Subscription, money, billed));
            }
        }
        for one in earned {
            match status {
                Status::Finalized if one.category == Category::Subscription => {
                    self.totals.earn_fee(one, used.span, invoice.issued_at);
                }
                Status::Finalized => self.totals.earn(one, used.span),
                // Usage is of the days that have passed, seats of all their days.
                _ if used.subscription.is_none() => {
                    self.totals.accrue(money, one.recognized, used.passed, used.passed);
                }
                _ => self.totals.accrue(money, one.recognized, used.span, used.passed),
            }
        }
    }

    /// Whether the customer had a commit to use for the contract at some time of a stretch.
    pub(super) fn has_commit(&self, contract: usize, span: Span) -> bool {
        let of = |one: &&Balance| one.kind != Kind::Credit && one.contract.is_none_or(|own| own == contract);
        let open = |segment: &Segment| segment.span.0 < span.1 && span.0 < segment.span.1;
        self.agreed.balances.iter().filter(of).flat_map(|one| &one.segments).any(open)
    }

    fn is_postpaid(&self, place: usize) -> bool {
        self.agreed.balances[place].kind == Kind::Postpaid
    }

    /// The lines of what was used: gross, what was applied to it, and what a custom unit comes to.
    fn tell_usage(&self, contract: &Contract, used: &Used, lines: &mut Vec<Line>) {
        let id = |place: usize| Some(self.agreed.balances[place].id.clone());
        let gross = |total: Micros, commit: Option<String>| {
            let scaled = total.0 * 10_i128.pow(12);
            // A part of the seats is one of its price.
            let is_whole = scaled % used.price.0 == 0;
            Line {
                name: if used.subscription.is_some() { "Seats" } else { "Usage" },
                product: Some(used.product.clone()),
                quantity: if is_whole { scaled / used.price.0 } else { 10_i128.pow(12) },
                price: Some(if is_whole { used.price } else { total }),
                total,
                unit: used.unit,
                commit,
                subscription: used.subscription.clone(),
                span: Some(used.span),
                informs: false,
            }
        };
        match (contract.style, used.parts.as_slice()) {
            (Style::Split, [_, ..]) => {
                lines.extend(used.parts.iter().map(|(place, taken)| gross(*taken, id(*place))));
                if used.open > Micros::ZERO {
                    lines.push(gross(used.open, None));
                }
            }
            (Style::Whole, [(place, taken)]) if *taken == used.total => lines.push(gross(used.total, id(*place))),
            (Style::Named, [(place, _), ..]) => lines.push(gross(used.total, id(*place))),
            _ => lines.push(gross(used.total, None)),
        }
        let told = used.parts.iter().filter(|(place, _)| !(contract.is_silent && self.is_postpaid(*place)));
        lines.extend(told.map(|(place, taken)| Line {
            name: "Applied",
            quantity: 10_i128.pow(12),
            price: None,
            subscription: None,
            informs: self.is_postpaid(*place),
            ..gross(-*taken, id(*place))
        }));
        if used.unit != contract.money() && used.open > Micros::ZERO {
            lines.push(Line {
                name: "Compute units to USD",
                product: None,
                quantity: used.open.0 * 10_i128.pow(6),
                price: Some(Micros(CENTS_PER_UNIT * Micros::ONE.0)),
                unit: contract.money(),
                ..gross(converted(used.open), None)
            });
        }
    }

    /// Bills seats for the period of the invoice or for the next one.
    fn seats(&mut self, place: usize, invoice: &mut Invoice, drawn: &mut Drawn, draw: &mut Draw) {
        let contract = self.agreed.contracts[place].clone();
        let (Some(in_advance), Some(period)) = (contract.seats, invoice.period) else { return };
        let next = contract.periods.iter().find(|span| span.0 == period.1).copied();
        let Some(span) = (if in_advance { next } else { Some(period) }) else { return };
        let price = Micros(i128::from(1 + draw.below(400)) * 100 * Micros::GRAIN * i128::from(days(span)));
        let total = Micros(price.0 * i128::from(1 + draw.below(50)));
        let used = Used {
            product: self.agreed.fixed_product(1),
            price,
            unit: invoice.currency,
            span,
            passed: if invoice.status == Status::Draft { passed(span, NOW) } else { span },
            grain: if invoice.status == Status::Draft { Micros::GRAIN * i128::from(days(span)) } else { grain(span) },
            total,
            parts: Vec::new(),
            open: total,
            subscription: Some(self.agreed.id("history subscription", &[place as u64])),
        };
        let is_covered = !in_advance && draw.below(2) == 0;
        let used = if is_covered { self.cover(place, used, drawn, draw) } else { used };
        self.note_usage(place, &used, invoice);
        self.tell_usage(&contract, &used, &mut invoice.lines);
    }
}

/// Cents for custom units that no commit covers.
fn converted(units: Micros) -> Micros {
    Micros(units.0 * CENTS_PER_UNIT)
}
