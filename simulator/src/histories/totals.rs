//! What a history comes to, noted by the model as it happens, and written as the CSV files that reports are held to. Amounts
//! there are in units of the currency, so that a figure is the same text in a report.

use super::NOW;
use super::bill::Status;
use super::ledger::Movement;
use super::life::Life;
use super::units::{Micros, Span, days, month, months_of, months_on, rounded_share};
use crate::calendar::{Millis, day_text};
use crate::decimal::plain;
use crate::price_list::Currency;
use std::collections::BTreeMap;
use std::fs::{File, create_dir_all};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// What revenue is recognised for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Category {
    OnDemand,
    Overage,
    PrepaidDrawdown,
    PostpaidDrawdown,
    CreditDrawdown,
    Expiration,
    TrueUp,
    Subscription,
    Scheduled,
}

impl Category {
    fn text(self) -> &'static str {
        match self {
            Self::OnDemand => "on_demand",
            Self::Overage => "overage",
            Self::PrepaidDrawdown => "prepaid_drawdown",
            Self::PostpaidDrawdown => "postpaid_drawdown",
            Self::CreditDrawdown => "credit_drawdown",
            Self::Expiration => "expiration",
            Self::TrueUp => "true_up",
            Self::Subscription => "subscription",
            Self::Scheduled => "scheduled",
        }
    }
}

/// Usage of a contract in a month.
#[derive(Debug, Clone, Copy, Default)]
struct Used {
    usage: Micros,
    /// What no balance covered.
    overage: Micros,
    /// Totals of usage invoices, in 10^-18 of the currency: they need not divide by the days of their periods.
    invoiced: i128,
}

/// Deferred revenue of a customer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Deferred {
    /// Purchases of prepaid commits.
    pub(super) purchased: Micros,
    /// Prices of commits that are paid elsewhere.
    pub(super) elsewhere: Micros,
    /// Drawn or lapsed, at cost basis, whether it was billed here or not.
    pub(super) earned: Micros,
    /// Fees billed in one month and earned in one after the last month.
    pub(super) fees: Micros,
}

/// A place of recognised revenue: contract, month, category, currency.
type Place = (Option<usize>, Millis, Category, Currency);

/// Everything that is noted of a customer.
#[derive(Debug, Clone, Default)]
pub(super) struct Totals {
    usage: BTreeMap<(usize, Millis, Currency), Used>,
    /// As billed or drawn, where that is money, and as recognised.
    revenue: BTreeMap<Place, (Micros, Micros)>,
    pub(super) accrued: BTreeMap<(Millis, Currency), Micros>,
    pub(super) deferred: BTreeMap<Currency, Deferred>,
}

/// Something earned over a stretch of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earned {
    pub(super) contract: Option<usize>,
    pub(super) category: Category,
    pub(super) currency: Currency,
    /// Before a cost basis; nothing where it was drawn in no money.
    pub(super) list: Micros,
    pub(super) recognized: Micros,
}

impl Totals {
    /// Earned by days.
    pub(super) fn earn(&mut self, earned: Earned, span: Span) {
        let whole = days(span);
        for (month, parts) in months_of(span) {
            let share = |amount: Micros| amount.share(parts, whole);
            self.earn_in(Earned { list: share(earned.list), recognized: share(earned.recognized), ..earned }, month);
        }
    }

    /// Earned at once.
    pub(super) fn earn_in(&mut self, earned: Earned, month: Millis) {
        let Earned { contract, category, currency, list, recognized } = earned;
        let sums = self.revenue.entry((contract, month, category, currency)).or_default();
        sums.0 += list;
        sums.1 += recognized;
        if matches!(category, Category::PrepaidDrawdown | Category::Expiration) {
            self.deferred.entry(currency).or_default().earned += recognized;
        }
    }

    /// A fee, with the part of it that is billed by now and earned later.
    pub(super) fn earn_fee(&mut self, earned: Earned, span: Span, issued_at: Millis) {
        self.earn(earned, span);
        let later = months_of(span).into_iter().filter(|(part, _)| *part > month(issued_at) && *part > month(NOW));
        let parts = later.map(|(_, parts)| parts).sum();
        self.deferred.entry(earned.currency).or_default().fees += earned.recognized.share(parts, days(span));
    }

    /// Used under a contract, and what of it nothing covers.
    pub(super) fn use_up(&mut self, (contract, unit): (usize, Currency), usage: Micros, overage: Micros, span: Span) {
        let whole = days(span);
        for (month, parts) in months_of(span) {
            let used = self.usage.entry((contract, month, unit)).or_default();
            used.usage += usage.share(parts, whole);
            used.overage += overage.share(parts, whole);
        }
    }

    /// Billed for a period of usage.
    pub(super) fn invoice(&mut self, (contract, unit): (usize, Currency), total: Micros, period: Span) {
        let mut before = 0;
        for (month, parts) in months_of(period) {
            let used = self.usage.entry((contract, month, unit)).or_default();
            used.invoiced += rounded_share(total, unit, before, before + parts, days(period));
            before += parts;
        }
    }

    /// Earned by a draft, of a stretch of which a part has passed.
    pub(super) fn accrue(&mut self, currency: Currency, amount: Micros, whole: Span, passed: Span) {
        for (month, parts) in months_of(passed) {
            self.accrue_in(currency, amount.share(parts, days(whole)), month);
        }
    }

    /// Earned by a draft, at once.
    pub(super) fn accrue_in(&mut self, currency: Currency, amount: Micros, month: Millis) {
        *self.accrued.entry((month, currency)).or_default() += amount;
    }
}

const BALANCES: &str = "balance_id,month,currency,opening_amount,grant_amount,drawdown_amount,draft_drawdown_amount,\
    void_drawdown_amount,expiry_amount,rollover_amount,manual_amount,credit_back_amount,true_up_amount,closing_amount";

/// The files of totals. All are written customer by customer but the sums of invoices, which are few.
pub(super) struct Expected {
    balances: BufWriter<File>,
    usage: BufWriter<File>,
    revenue: BufWriter<File>,
    accrued: BufWriter<File>,
    deferred: BufWriter<File>,
    invoices: BufWriter<File>,
    by_status: BTreeMap<(Status, Currency), (u64, Micros)>,
}

impl Expected {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        create_dir_all(folder)?;
        let file = |name: &str, head: &str| {
            let mut file = BufWriter::new(File::create(folder.join(name))?);
            writeln!(file, "{head}")?;
            io::Result::Ok(file)
        };
        Ok(Self {
            balances: file("balances.csv", BALANCES)?,
            usage: file("usage.csv", "contract_id,month,currency,usage_amount,overage_amount,invoice_amount")?,
            revenue: file("revenue.csv", "contract_id,month,category,currency,list_amount,recognized_amount")?,
            accrued: file("accrued.csv", "customer_id,month,currency,accrued_amount")?,
            deferred: file("deferred.csv", "customer_id,currency,purchased_amount,earned_amount,deferred_amount")?,
            invoices: file("invoices.csv", "invoice_status,currency,invoice_count,total_amount")?,
            by_status: BTreeMap::new(),
        })
    }

    /// Adds a customer.
    pub(super) fn add(&mut self, life: &Life) -> io::Result<()> {
        self.add_balances(life)?;
        let Totals { usage, revenue, accrued, deferred } = &life.totals;
        let contract = |place: usize| life.agreed.contracts[place].id.as_str();
        for ((place, month, currency), used) in usage {
            let Used { usage, overage, invoiced } = used;
            let amounts = [usage.text(*currency), overage.text(*currency), plain(*invoiced, 18)].join(",");
            writeln!(self.usage, "{},{},{},{amounts}", contract(*place), day_text(*month), currency.code())?;
        }
        for ((place, month, category, currency), (list, recognized)) in revenue {
            let contract = place.map_or("", contract);
            let place = format!("{contract},{},{},{}", day_text(*month), category.text(), currency.code());
            writeln!(self.revenue, "{place},{},{}", list.text(*currency), recognized.text(*currency))?;
        }
        for ((month, currency), amount) in accrued {
            let place = format!("{},{},{}", life.agreed.customer, day_text(*month), currency.code());
            writeln!(self.accrued, "{place},{}", amount.text(*currency))?;
        }
        for (currency, sums) in deferred {
            let left = sums.purchased + sums.elsewhere - sums.earned + sums.fees;
            let amounts = [sums.purchased, sums.earned, left].map(|amount| amount.text(*currency)).join(",");
            writeln!(self.deferred, "{},{},{amounts}", life.agreed.customer, currency.code())?;
        }
        for invoice in &life.invoices {
            let sum = self.by_status.entry((invoice.status, invoice.currency)).or_default();
            sum.0 += 1;
            sum.1 += invoice.total();
        }
        Ok(())
    }

    fn add_balances(&mut self, life: &Life) -> io::Result<()> {
        for balance in &life.agreed.balances {
            let mut moved: BTreeMap<Millis, [Micros; Movement::COUNT]> = BTreeMap::new();
            for entry in &balance.entries {
                moved.entry(entry.month()).or_default()[entry.movement as usize] += entry.amount;
            }
            let (Some(first), Some(last)) = (moved.keys().next().copied(), moved.keys().next_back().copied()) else {
                continue;
            };
            let last = if balance.ledger_sum() == Micros::ZERO { last } else { last.max(month(NOW)) };
            let (mut at, mut opening) = (first, Micros::ZERO);
            while at <= last {
                let amounts = moved.get(&at).copied().unwrap_or_default();
                let closing = opening + amounts.iter().copied().sum();
                let mut row = format!("{},{},{}", balance.id, day_text(at), balance.unit.code());
                for amount in [&[opening][..], &amounts, &[closing]].concat() {
                    row.push(',');
                    row.push_str(&amount.text(balance.unit));
                }
                writeln!(self.balances, "{row}")?;
                (at, opening) = (months_on(at, 1), closing);
            }
        }
        Ok(())
    }

    /// Writes the sums and closes every file.
    pub(super) fn finish(mut self) -> io::Result<()> {
        for ((status, currency), (count, total)) in &self.by_status {
            // What was not computed comes to nothing that is known.
            let total = if *status == Status::Incomplete { String::new() } else { total.text(*currency) };
            writeln!(self.invoices, "{},{},{count},{total}", status.text(), currency.code())?;
        }
        for mut file in [self.balances, self.usage, self.revenue, self.accrued, self.deferred, self.invoices] {
            file.flush()?;
        }
        Ok(())
    }
}
