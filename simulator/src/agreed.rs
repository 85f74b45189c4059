//! Who agreed to what: the terms of each customer on a contract. In the live account eight kinds of contract take turns,
//! so that every kind of balance and invoice turns up among the first hundred customers.

use crate::account::{Account, Deal, month_start};
use crate::balance::{BalanceKind, Manual};
use crate::calendar::{DAY, HOUR, Millis};
use crate::decimal::{Amount, Price};
use crate::price_list::{CHECKS, Currency, VCPU};
use crate::random::Draw;
use crate::terms::{Charge, Contract, Recurring, Seats, Terms};

impl Account {
    /// The sized account: contracts with one prepaid commit each; and credits that nothing draws on, in the sample as well.
    pub(crate) fn plain_terms(&self, place: usize) -> Terms {
        let customer = &self.customers[place];
        let (start, year) = (customer.billed_from, 366 * DAY);
        let identity_only = vec![self.contract_product(CHECKS.start)];
        match customer.deal {
            Deal::Contract => {
                let contract = self.contract(place, 0, "Infrastructure contract", Currency::Usd);
                // More than any account's usage of the metric it covers.
                let amount = Amount::hundredths(100_000_000_000_000);
                let what = (BalanceKind::Prepaid, "Prepaid commit");
                let mut commit = self.balance(place, 0, what, amount, (start, start + year));
                commit.contract = Some(contract.id.clone());
                commit.products = vec![self.contract_product(VCPU.start)];
                commit.cost_percent = 80;
                let mut promo = self.balance(
                    place,
                    1,
                    (BalanceKind::Credit, "Identity trial"),
                    Amount::hundredths(250_025),
                    (start, start + 184 * DAY),
                );
                promo.products = identity_only;
                promo.manual = vec![Manual {
                    at: start + 20 * DAY + 7 * HOUR,
                    amount: Amount::hundredths(-50_000),
                    reason: "granted twice",
                }];
                Terms { contracts: vec![contract], balances: vec![commit, promo] }
            }
            Deal::None if place.is_multiple_of(2) => {
                let mut euro = self.balance(
                    place,
                    2,
                    (BalanceKind::Credit, "Welcome"),
                    Amount::hundredths(15_000),
                    (start, start + year),
                );
                euro.unit = Some(Currency::Eur);
                let mut compute = self.balance(
                    place,
                    3,
                    (BalanceKind::Credit, "Trial units"),
                    Amount::hundredths(40_000),
                    (start, start + year),
                );
                compute.unit = Some(Currency::Compute);
                let lapsed = self.balance(
                    place,
                    4,
                    (BalanceKind::Credit, "Early bird"),
                    Amount::hundredths(99_950),
                    (start, start + 29 * DAY),
                );
                Terms { contracts: Vec::new(), balances: vec![euro, compute, lapsed] }
            }
            Deal::Plan(_) | Deal::None => Terms::default(),
        }
    }

    pub(crate) fn live_terms(&self, place: usize) -> Terms {
        let Some(variant) = self.variant(place) else { return Terms::default() };
        let mut draw = Draw::new(self.seed, 0x7e25, place as u64);
        let mut amount = |least: i128| Amount::hundredths(least * 100 + i128::from(draw.below(400_000)) + 25);
        let opened = self.customers[place].billed_from;
        let first = (0..).find(|month| month_start(*month) >= opened).unwrap_or(0);
        let (last, year) = (self.agreed_until, month_start(first + 12));
        let after = |months: usize| month_start(first + months);
        let own = |contract: &Contract| Some(contract.id.clone());
        let (prepaid, postpaid, credit) = (BalanceKind::Prepaid, BalanceKind::Postpaid, BalanceKind::Credit);
        let mut contract = self.contract(place, 0, "Infrastructure contract", Currency::Usd);
        contract.from_package = place.is_multiple_of(3);
        let mut terms = Terms::default();
        match variant {
            // A prepaid commit bought at 80 % that lapses in parts, one month each way, corrected by hand; a credit besides.
            0 => {
                let granted = amount(1_200);
                let mut commit = self.balance(place, 0, (prepaid, "Annual commit"), granted, (opened, after(2)));
                commit.segments.push(self.segment(place, 0, 1, granted, (after(2), year)));
                commit.contract = own(&contract);
                commit.cost_percent = 80;
                let paid = (granted + granted).percent(80);
                commit.price = vec![
                    self.instalment(place, 0, opened, paid.percent(50)),
                    self.instalment(place, 0, after(6), paid.percent(50)),
                ];
                commit.manual = vec![Manual {
                    at: opened + 9 * DAY + 13 * HOUR,
                    amount: Amount::hundredths(-2_550),
                    reason: "moved to another account",
                }];
                let mut promo =
                    self.balance(place, 1, (credit, "Promotion"), Amount::hundredths(15_075), (opened, after(6)));
                promo.priority = 10;
                if place % 40 == 7 {
                    // More is taken back than there is: the balance stops at zero and the ledger does not.
                    promo.manual =
                        vec![Manual { at: opened + DAY, amount: Amount::hundredths(-20_000), reason: "withdrawn" }];
                }
                terms.balances = vec![commit, promo];
            }
            // Spend promised for two months and then for six more; what is missing after the first two is billed.
            1 => {
                let mut promised =
                    self.balance(place, 0, (postpaid, "Committed spend"), amount(4_000), (opened, after(2)));
                promised.contract = own(&contract);
                let mut next =
                    self.balance(place, 1, (postpaid, "Committed spend, renewed"), amount(9_000), (after(2), after(8)));
                next.contract = own(&contract);
                terms.balances = vec![promised, next];
            }
            // A commit every month, a fee every quarter, and a pilot contract that was put away.
            2 => {
                let monthly = Recurring {
                    id: self.id("recurring", &[place as u64]),
                    name: "Monthly commit",
                    kind: prepaid,
                    amount: amount(500),
                };
                for month in first..self.month_count {
                    let key = 10 + month as u64;
                    let (start, end) = (month_start(month), month_start(month + 1));
                    let mut commit = self.balance(place, key, (prepaid, monthly.name), monthly.amount, (start, end));
                    commit.contract = own(&contract);
                    commit.recurring = Some(monthly.id.clone());
                    commit.price = vec![self.instalment(place, key, start, monthly.amount)];
                    terms.balances.push(commit);
                }
                contract.recurring = Some(monthly);
                contract.charges = vec![self.fee(place, Currency::Usd, 99_900, &[opened, after(3), after(6)])];
                let mut pilot = self.contract(place, 1, "Pilot", Currency::Usd);
                pilot.bills_usage = false;
                pilot.ends = Some(after(1));
                pilot.archived_at = Some(opened + 9 * DAY);
                let mut trial = self.balance(place, 1, (prepaid, "Pilot commit"), amount(700), (opened, after(1)));
                trial.contract = own(&pilot);
                // Nothing is paid for a pilot: a prepaid commit in name only.
                trial.cost_percent = 0;
                trial.archived_at = pilot.archived_at;
                terms.balances.push(trial);
                terms.contracts.push(pilot);
            }
            // In euros.
            3 => {
                contract.card = Currency::Eur;
                let mut commit =
                    self.balance(place, 0, (prepaid, "Jahresbudget"), amount(10).percent(3), (opened, year));
                commit.contract = own(&contract);
                commit.unit = Some(Currency::Eur);
                commit.price = vec![self.instalment(place, 0, opened, commit.segments[0].amount)];
                terms.balances = vec![commit];
            }
            // In compute units, of which some are given; the rest is converted to dollars. Another commit counts hours.
            4 => {
                contract.card = Currency::Compute;
                let mut given =
                    self.balance(place, 0, (credit, "Included units"), amount(50).percent(10), (opened, year));
                given.unit = Some(Currency::Compute);
                given.contract = own(&contract);
                let mut hours =
                    self.balance(place, 1, (prepaid, "Reserved hours"), Amount::hundredths(120_000), (opened, year));
                hours.unit = None;
                hours.contract = own(&contract);
                hours.products = vec![self.contract_product(CHECKS.start)];
                terms.balances = vec![given, hours];
            }
            // A first contract of one month, renewed: half of what is left moves on.
            5 => {
                contract.ends = Some(after(1));
                let mut renewal = self.contract(place, 1, "Infrastructure contract, renewed", Currency::Usd);
                renewal.starts = after(1);
                renewal.created_at = after(1) - 5 * DAY;
                renewal.renews = own(&contract);
                let mut old = self.balance(place, 0, (prepaid, "First commit"), amount(2_500), (opened, after(1)));
                old.contract = own(&contract);
                old.rollover_percent = Some(50);
                old.price = vec![self.instalment(place, 0, opened, old.segments[0].amount)];
                let mut moved =
                    self.balance(place, 1, (prepaid, "First commit, rolled over"), Amount::ZERO, (after(1), after(3)));
                moved.contract = own(&renewal);
                moved.rolled_from = Some((old.id.clone(), contract.id.clone()));
                old.rolls_into = Some((moved.id.clone(), renewal.id.clone()));
                let mut new = self.balance(place, 2, (prepaid, "Second commit"), amount(2_000), (after(1), year));
                new.contract = own(&renewal);
                new.price = vec![self.instalment(place, 2, after(1), new.segments[0].amount)];
                terms.balances = vec![old, moved, new];
                terms.contracts.push(contract);
                contract = renewal;
            }
            // Seats, and a credit every month.
            6 => {
                contract.seats = Some(Seats {
                    id: self.id("subscription", &[place as u64]),
                    first: 3 + place as u64 % 5,
                    price: Price(1_250_500_000),
                });
                let monthly = Recurring {
                    id: self.id("recurring", &[place as u64]),
                    name: "Monthly credit",
                    kind: credit,
                    amount: Amount::hundredths(20_050 + place as i128 % 3 * 150_000),
                };
                for month in first..self.month_count {
                    let span = (month_start(month), month_start(month + 1));
                    let mut given =
                        self.balance(place, 10 + month as u64, (credit, monthly.name), monthly.amount, span);
                    given.contract = own(&contract);
                    given.recurring = Some(monthly.id.clone());
                    terms.balances.push(given);
                }
                contract.recurring = Some(monthly);
            }
            // Three contracts and credits in three units that must never be added up; sometimes two dozen trials as well.
            _ => {
                let mut euros = self.contract(place, 1, "Support, Europe", Currency::Eur);
                euros.bills_usage = false;
                euros.charges = vec![self.fee(place, Currency::Eur, 120_000, &[opened, after(2)])];
                let mut dollars =
                    self.balance(place, 0, (credit, "Goodwill"), Amount::hundredths(80_000), (opened, year));
                dollars.manual = vec![Manual {
                    at: last + 12 * DAY,
                    amount: Amount::hundredths(12_345),
                    reason: "agreed for later",
                }];
                let mut euro = self.balance(place, 1, (credit, "Kulanz"), Amount::hundredths(25_000), (opened, year));
                euro.unit = Some(Currency::Eur);
                let mut units = self.balance(place, 2, (credit, "Units"), Amount::hundredths(64_000), (opened, year));
                units.unit = Some(Currency::Compute);
                terms.balances = vec![dollars, euro, units];
                terms.contracts.push(euros);
                let trials = if place % 40 == 6 { 24 } else { 0 };
                for number in 0..trials {
                    let mut trial = self.contract(place, 100 + number, &format!("Trial {}", number + 1), Currency::Usd);
                    trial.bills_usage = false;
                    trial.starts = opened - (number as i64 + 2) * 30 * DAY;
                    trial.ends = Some(opened - (number as i64 + 1) * 30 * DAY);
                    terms.contracts.push(trial);
                }
            }
        }
        terms.contracts.push(contract);
        terms.contracts.sort_by_key(|contract| contract.starts);
        terms
    }

    fn fee(&self, place: usize, unit: Currency, hundredths: i128, dates: &[Millis]) -> Charge {
        let items = dates.iter().map(|at| self.instalment(place, 1_000, *at, Amount::hundredths(hundredths))).collect();
        Charge { id: self.id("charge of", &[place as u64]), name: "Onboarding fee", unit, items }
    }
}
