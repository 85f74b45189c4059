//! What a customer agrees to: contracts with their periods, commits and credits, fees, and what people will correct by hand.
//! Drawn by chance; nothing has happened yet.

use super::NOW;
use super::ledger::{Balance, Bill, Kind, Segment};
use super::units::{Micros, Span, days, months_on};
use crate::calendar::{DAY, Millis, date};
use crate::price_list::Currency;
use crate::random::{Draw, uuid};

/// How many products there are to use.
pub(super) const PRODUCTS: usize = 6;

/// How the lines of a contract's invoices tell what a commit or credit paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// The part that each one covers is a line of its own, and so is the rest.
    Split,
    /// A line names what covers the whole of it, and nothing where two do or a rest is left.
    Whole,
    /// A line names the first that covers a part of it.
    Named,
}

/// A contract.
#[derive(Debug, Clone)]
pub(super) struct Contract {
    pub(super) id: String,
    /// What its usage is priced in; a custom unit is billed in dollars.
    pub(super) unit: Currency,
    pub(super) span: Span,
    /// Stretches that usage is billed for.
    pub(super) periods: Vec<Span>,
    pub(super) style: Style,
    /// Whether no line says how a postpaid commit was used, but those that name it.
    pub(super) is_silent: bool,
    /// About what is used in a period.
    pub(super) usage: Micros,
    /// Whether seats are billed with the usage: in advance, or for the period itself.
    pub(super) seats: Option<bool>,
    pub(super) payment_days: Option<u64>,
    /// Whether what is billed at the end of a period stands on the invoice of its usage.
    pub(super) is_combined: bool,
}

impl Contract {
    /// The currency of its invoices.
    pub(super) fn money(&self) -> Currency {
        if self.unit == Currency::Eur { Currency::Eur } else { Currency::Usd }
    }
}

/// How it is known what time a fee is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// By its line.
    Line,
    /// By its scheduled charge: until the charge's next date, or the end of the contract.
    Charge,
    /// By the contract alone: until its end.
    Contract,
}

/// A fee of a contract, billed apart.
#[derive(Debug, Clone)]
pub(super) struct Fee {
    pub(super) contract: usize,
    pub(super) at: Millis,
    pub(super) amount: Micros,
    /// What it is for.
    pub(super) span: Span,
    pub(super) told: Told,
}

/// A correction by hand.
#[derive(Debug, Clone)]
pub(super) struct Manual {
    pub(super) balance: usize,
    pub(super) segment: usize,
    pub(super) at: Millis,
    pub(super) amount: Micros,
}

/// Everything that a customer agrees to.
#[derive(Debug, Clone)]
pub(super) struct Agreed {
    pub(super) seed: u64,
    pub(super) number: u64,
    pub(super) customer: String,
    pub(super) contracts: Vec<Contract>,
    pub(super) balances: Vec<Balance>,
    pub(super) fees: Vec<Fee>,
    pub(super) manuals: Vec<Manual>,
}

/// Draws what customer number `number` agrees to in so many contracts.
pub(super) fn agree(seed: u64, number: u64, contracts: u64) -> Agreed {
    let mut agreed = Agreed {
        seed,
        number,
        customer: uuid(seed, "history customer", &[number]),
        contracts: Vec::new(),
        balances: Vec::new(),
        fees: Vec::new(),
        manuals: Vec::new(),
    };
    let mut draw = Draw::new(seed, 0xa94e, number);
    for _ in 0..contracts {
        agreed.contract(&mut draw);
    }
    if draw.below(6) == 0 {
        agreed.for_all_contracts(&mut draw);
    }
    agreed.correct(&mut draw);
    agreed
}

/// 1,000 to 10,000 units of a hundred (dollars for cents), half of the time with ten-thousandths of a unit.
fn amount(draw: &mut Draw) -> Micros {
    let whole = i128::from(100 + draw.below(900)) * 1_000 * Micros::ONE.0;
    let odd = if draw.below(2) == 0 { i128::from(draw.below(10_000_000)) * Micros::GRAIN } else { 0 };
    Micros(whole + odd)
}

/// A stretch of days that begins in a contract, and not with a period.
fn some_days(draw: &mut Draw, from: Millis, shortest: u64, longest: u64) -> Span {
    let start = from + draw.below(20) as i64 * DAY;
    (start, start + (shortest + draw.below(longest - shortest)) as i64 * DAY)
}

impl Agreed {
    /// The id of something of this customer.
    pub(super) fn id(&self, kind: &str, numbers: &[u64]) -> String {
        uuid(self.seed, kind, &[&[self.number], numbers].concat())
    }

    /// The id of a product that is used.
    pub(super) fn product(&self, product: usize) -> String {
        uuid(self.seed, "history product", &[product as u64])
    }

    /// The id of a product that names a purchase (0), seats (1) or a fee (2).
    pub(super) fn fixed_product(&self, product: u64) -> String {
        uuid(self.seed, "history fixed product", &[product])
    }

    fn contract(&mut self, draw: &mut Draw) {
        let place = self.contracts.len();
        let months = 1 + draw.weighted(&[3, 5, 5, 3, 2, 2]) as i64;
        let anchor = [1, 5, 15, 20][draw.weighted(&[6, 1, 2, 1])];
        let start = months_on(date(2024, 7, anchor), -1 - draw.below(11) as i64);
        let periods: Vec<Span> =
            (0..months).map(|month| (months_on(start, month), months_on(start, month + 1))).collect();
        let deal = draw.weighted(&[1, 2, 4, 3, 2, 3, 3, 2, 2, 2, 2]);
        let unit = match (deal, draw.below(8)) {
            (7, _) => Currency::Compute,
            (_, 0) => Currency::Eur,
            _ => Currency::Usd,
        };
        let before = self.balances.len();
        let style = [Style::Split, Style::Whole, Style::Named][draw.index(3)];
        let span = (start, months_on(start, months));
        self.contracts.push(Contract {
            id: self.id("history contract", &[place as u64]),
            unit,
            span,
            periods,
            style,
            is_silent: style == Style::Split && draw.below(3) == 0,
            usage: Micros::ZERO,
            seats: (draw.below(5) == 0).then(|| draw.below(2) == 0),
            payment_days: [Some(30), Some(0), None][draw.weighted(&[3, 1, 1])],
            is_combined: draw.below(4) == 0,
        });
        match deal {
            0 => {}
            1 => _ = self.credit(place, draw),
            2 => _ = self.prepaid(place, 1, draw),
            3 => _ = self.prepaid(place, 3, draw),
            4 => {
                self.credit(place, draw);
                self.prepaid(place, 1, draw);
            }
            5 => self.postpaid(place, draw),
            6 => {
                let balance = self.prepaid(place, 2, draw);
                balance.rollover_percent = Some([25, 50, 100][draw.index(3)]);
            }
            7 => {
                let balance = self.prepaid(place, 1, draw);
                balance.name = "Compute units";
            }
            8 => self.recurring(place, draw),
            9 => {
                self.prepaid(place, 1, draw);
                self.postpaid(place, draw);
            }
            _ => self.unbilled(place, draw),
        }
        let granted: Micros = self.balances[before..].iter().flat_map(|one| &one.segments).map(|one| one.granted).sum();
        let about = if granted == Micros::ZERO { amount(draw) } else { granted };
        self.contracts[place].usage = Micros(about.0 / i128::from(months) * i128::from(20 + draw.below(140)) / 100);
        if draw.below(5) == 0 {
            self.fee(place, span, draw);
        }
    }

    fn balance(&mut self, contract: Option<usize>, kind: Kind, spans: &[Span], draw: &mut Draw) -> &mut Balance {
        let number = self.balances.len() as u64;
        let unit = contract.map_or(Currency::Usd, |place| self.contracts[place].unit);
        let segments = spans.iter().enumerate().map(|(place, span)| Segment {
            id: self.id("history segment", &[number, place as u64]),
            span: *span,
            granted: amount(draw),
            left: Micros::ZERO,
            is_settled: false,
        });
        let balance = Balance {
            id: self.id("history balance", &[number]),
            name: match kind {
                Kind::Prepaid => "Prepaid commit",
                Kind::Postpaid => "Postpaid commit",
                Kind::Credit => "Free credits",
            },
            kind,
            unit,
            contract,
            segments: segments.collect(),
            bills: None,
            is_paid_elsewhere: false,
            cost_percent: if kind == Kind::Credit { 0 } else { 100 },
            worth_percent: if kind == Kind::Credit { 0 } else { 100 },
            is_cost_stated: false,
            rollover_percent: None,
            rolled_from: None,
            recurring: None,
            products: if draw.below(6) == 0 { (0..PRODUCTS / 2).collect() } else { Vec::new() },
            entries: Vec::new(),
        };
        self.balances.push(balance);
        let last = self.balances.len() - 1;
        &mut self.balances[last]
    }

    /// Credits that begin with the contract and end on some day.
    fn credit(&mut self, place: usize, draw: &mut Draw) -> &mut Balance {
        let start = self.contracts[place].span.0;
        let end = match draw.below(2) {
            0 => months_on(start, 1 + draw.below(3) as i64),
            _ => start + (10 + draw.below(60)) as i64 * DAY,
        };
        self.balance(Some(place), Kind::Credit, &[(start, end)], draw)
    }

    /// A commit in so many segments that follow one another, or in fewer where there are not so many periods.
    fn prepaid(&mut self, place: usize, segments: usize, draw: &mut Draw) -> &mut Balance {
        let Contract { periods, unit, .. } = &self.contracts[place];
        let each = periods.len().div_ceil(segments);
        let spans: Vec<Span> = periods.chunks(each).map(|chunk| (chunk[0].0, chunk[chunk.len() - 1].1)).collect();
        let is_unit = *unit == Currency::Compute;
        let percent =
            if is_unit { [800, 1_250][draw.index(2)] } else { [100, 80, 50, 67][draw.weighted(&[4, 2, 1, 1])] };
        let is_stated = !is_unit && draw.below(2) == 0;
        let instalments = 1 + draw.below(3) as i64;
        // Before it may be used, or after a month of use.
        let early = [0, 10 * DAY, -40 * DAY][draw.weighted(&[5, 2, 1])];
        let balance = self.balance(Some(place), Kind::Prepaid, &spans, draw);
        balance.cost_percent = percent;
        balance.worth_percent = percent;
        balance.is_cost_stated = is_stated;
        let number = self.balances.len() as u64 - 1;
        self.bill(number as usize, instalments, early);
        &mut self.balances[number as usize]
    }

    /// Bills the price in so many parts, a month apart.
    fn bill(&mut self, place: usize, instalments: i64, early: Millis) {
        let balance = &self.balances[place];
        let paid = balance.price();
        let (start, each) = (balance.start(), Micros(paid.0 / i128::from(instalments)).floor(Micros::GRAIN));
        let bills = (0..instalments).map(|month| Bill {
            id: self.id("history bill", &[place as u64, month as u64]),
            at: months_on(start, month) - early,
            amount: if month == 0 { paid - Micros(each.0 * i128::from(instalments - 1)) } else { each },
            invoice: None,
        });
        self.balances[place].bills = Some(bills.collect());
    }

    fn postpaid(&mut self, place: usize, draw: &mut Draw) {
        let span = self.contracts[place].span;
        let number = self.balances.len() as u64;
        let id = self.id("history bill", &[number, 0]);
        let balance = self.balance(Some(place), Kind::Postpaid, &[span], draw);
        let amount = balance.segments[0].granted;
        balance.products = Vec::new();
        balance.bills = Some(vec![Bill { id, at: span.1, amount, invoice: None }]);
    }

    /// A commit of its own every month.
    fn recurring(&mut self, place: usize, draw: &mut Draw) {
        let recurring = self.id("history recurring", &[place as u64]);
        for period in self.contracts[place].periods.clone() {
            let balance = self.balance(Some(place), Kind::Prepaid, &[period], draw);
            balance.name = "Monthly commit";
            balance.recurring = Some(recurring.clone());
            balance.is_cost_stated = true;
            let number = self.balances.len() - 1;
            self.bill(number, 1, 0);
        }
    }

    /// A commit for nothing, or one that is paid elsewhere.
    fn unbilled(&mut self, place: usize, draw: &mut Draw) {
        let span = self.contracts[place].span;
        let is_paid_elsewhere = draw.below(2) == 0;
        let is_stated = is_paid_elsewhere || draw.below(2) == 0;
        let balance = self.balance(Some(place), Kind::Prepaid, &[span], draw);
        balance.name = if is_paid_elsewhere { "Marketplace commit" } else { "Free commit" };
        balance.is_paid_elsewhere = is_paid_elsewhere;
        balance.cost_percent = if is_paid_elsewhere { 80 } else { 0 };
        balance.worth_percent = balance.cost_percent;
        balance.is_cost_stated = is_stated;
        balance.bills = Some(Vec::new());
    }

    /// What may be used under any contract of the customer, where all are in dollars.
    fn for_all_contracts(&mut self, draw: &mut Draw) {
        if self.contracts.iter().any(|one| one.unit != Currency::Usd) {
            return;
        }
        let from = self.contracts.iter().map(|one| one.span.0).min().unwrap_or_default();
        let span = some_days(draw, from, 20, 100);
        if draw.below(2) == 0 {
            self.balance(None, Kind::Credit, &[span], draw).name = "Customer credits";
            return;
        }
        let balance = self.balance(None, Kind::Prepaid, &[span], draw);
        balance.name = "Customer commit";
        balance.is_cost_stated = true;
        let amount = balance.segments[0].granted;
        let number = self.balances.len() as u64 - 1;
        let id = self.id("history bill", &[number, 0]);
        self.balances[number as usize].bills = Some(vec![Bill { id, at: span.0, amount, invoice: None }]);
    }

    fn fee(&mut self, contract: usize, span: Span, draw: &mut Draw) {
        let at = span.0 + draw.below(20) as i64 * DAY;
        let told = [Told::Line, Told::Charge, Told::Contract][draw.weighted(&[3, 2, 1])];
        let second = at + (1 + draw.below(9)) as i64 * DAY;
        let spans = match told {
            Told::Line => vec![span],
            Told::Charge => vec![(at, second), (second, span.1)],
            Told::Contract => vec![(at, span.1)],
        };
        for span in spans {
            let each = i128::from(1 + draw.below(9_000)) * 1_000 * Micros::GRAIN;
            let at = if told == Told::Line { at } else { span.0 };
            self.fees.push(Fee { contract, at, amount: Micros(each * i128::from(days(span))), span, told });
        }
    }

    /// One in six is given or taken a part by hand: a twentieth of a segment is taken; a quarter of the whole is given, which
    /// leaves each unit four fifths of its price, where that is a whole number of cents for a hundred.
    fn correct(&mut self, draw: &mut Draw) {
        for (place, balance) in self.balances.iter_mut().enumerate() {
            if balance.kind == Kind::Postpaid || draw.below(6) > 0 {
                continue;
            }
            let segment = draw.index(balance.segments.len());
            let Segment { span, granted, .. } = balance.segments[segment];
            let last = span.1.min(NOW);
            if span.0 >= last {
                continue;
            }
            let at = span.0 + draw.below(days((span.0, last)) as u64) as i64 * DAY;
            let whole: Micros = balance.segments.iter().map(|segment| segment.granted).sum();
            let divides = whole.0 % (4 * Micros::GRAIN) == 0 && balance.worth_percent * 4 % 5 == 0;
            let amount = if draw.below(2) == 0 && divides {
                balance.worth_percent = balance.worth_percent * 4 / 5;
                Micros(whole.0 / 4)
            } else {
                -Micros(granted.0 / 20).floor(Micros::GRAIN)
            };
            self.manuals.push(Manual { balance: place, segment, at, amount });
        }
        self.manuals.sort_by_key(|one| one.at);
    }
}
