//! Invoices: usage times price, added up line by line. Exact, so that a report can be held to the last digit.
//!
//! A legacy plan bills a line per product with a sub line per metric. What a contract bills depends on what it may draw on:
//! see `books`.

use crate::account::{Account, Deal, Period, Scale, plan_of};
use crate::balance::BalanceKind;
use crate::calendar::{DAY, HOUR, Millis, SECOND};
use crate::decimal::{Amount, Price, Quantity};
use crate::price_list::{Currency, PLANS, PRODUCTS};
use crate::random::Draw;

/// Where an invoice is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Still open.
    Draft,
    /// Billed.
    Finalized,
    /// Withdrawn.
    Void,
}

impl Status {
    /// As the export has it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Finalized => "FINALIZED",
            Self::Void => "VOID",
        }
    }
}

/// What an invoice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The usage of a month on a legacy plan.
    Plan,
    /// The usage of a month on a contract.
    Usage,
    /// A fee or a commit's price on a date: no period.
    Scheduled,
    /// What was missing from committed spend: no period.
    Trueup,
    /// Lines of the usage invoices of a hierarchy, copied.
    Consolidated,
    /// A change to an invoice already finalized.
    Correction,
}

impl Kind {
    /// Whether it has a service period.
    pub fn has_period(self) -> bool {
        !matches!(self, Self::Scheduled | Self::Trueup)
    }
}

/// The invoice's other self in the billing provider.
#[derive(Debug, Clone)]
pub struct External {
    /// The provider's id of it.
    pub id: String,
    /// The provider's status.
    pub status: &'static str,
    /// When the provider made it.
    pub created_at: Millis,
}

/// One invoice.
#[derive(Debug, Clone)]
pub struct Invoice {
    /// Its id.
    pub id: String,
    /// What it is for.
    pub kind: Kind,
    /// The contract it bills; none for a legacy plan.
    pub contract: Option<String>,
    /// Its other self, once the provider has one.
    pub external: Option<External>,
    /// The withdrawn invoice it stands in for.
    pub regenerated_from: Option<String>,
    /// The invoice it corrects.
    pub corrects: Option<String>,
    /// The customer and contract that pay it, in a hierarchy.
    pub payer: Option<(usize, String)>,
    /// The invoices it copies: customer, contract, invoice.
    pub constituents: Vec<(usize, String, String)>,
    /// The customer's place in the account.
    pub customer: usize,
    /// The plan it bills, by its place in the price list; none for a contract.
    pub plan: Option<usize>,
    /// Its status now.
    pub status: Status,
    /// What its amounts are in.
    pub currency: Currency,
    /// The usage it bills; without length at its date where the kind has none.
    pub period: Period,
    /// When it was issued or will be: for usage a day after the period's end.
    pub issued_at: Millis,
    /// When the row last changed.
    pub updated_at: Millis,
    /// Its lines, which add up to [`Invoice::total`].
    pub lines: Vec<Line>,
}

/// What a line is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LineKind {
    /// Usage, priced.
    #[default]
    Usage,
    /// Seats.
    Subscription,
    /// A prepaid commit or a credit taken off.
    Applied(BalanceKind),
    /// Usage that counts against committed spend. Said for information: it is not part of the total.
    Counted,
    /// What is left of a pricing unit, in money.
    Conversion,
    /// A fee.
    Fee,
    /// The price of a commit.
    Purchase,
    /// A legacy credit grant taken off; the API has it beside the lines.
    Grant,
}

/// One line of an invoice.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// What it is.
    pub kind: LineKind,
    /// What its amounts are in, where that is not the invoice's.
    pub unit: Option<Currency>,
    /// The metric it bills.
    pub metric: Option<usize>,
    /// The segment of the commit it draws on.
    pub segment: Option<String>,
    /// Where a consolidated invoice has it from: customer, contract, invoice.
    pub origin: Option<(usize, String, String)>,
    /// The scheduled charge or the subscription it bills.
    pub source: Option<String>,
    /// Its id.
    pub id: String,
    /// Display text.
    pub name: String,
    /// The product's id.
    pub product: String,
    /// 1 where it has sub lines or applies a commit.
    pub quantity: Quantity,
    /// Price of one, where the line shows one; then quantity × price is the total.
    pub unit_price: Option<Price>,
    /// What it adds to the invoice; negative where a commit is applied.
    pub total: Amount,
    /// The commit it draws on.
    pub commit: Option<String>,
    /// What it is made of, on a legacy plan; these add up to the total.
    pub sub_lines: Vec<SubLine>,
}

/// One sub line: the usage of one metric.
#[derive(Debug, Clone)]
pub struct SubLine {
    /// Its id.
    pub id: String,
    /// The metric's number.
    pub metric: usize,
    /// The plan's charge it comes from.
    pub charge: String,
    /// What was used in the period.
    pub quantity: Quantity,
    /// Price of one.
    pub price: Price,
}

impl SubLine {
    /// Quantity × price.
    pub fn subtotal(&self) -> Amount {
        self.quantity * self.price
    }
}

impl Invoice {
    /// The sum of its lines in its own unit that are no mere information.
    pub fn total(&self) -> Amount {
        let own = |line: &&Line| line.unit.is_none_or(|unit| unit == self.currency) && line.kind != LineKind::Counted;
        self.lines.iter().filter(own).map(|line| line.total).sum()
    }

    /// The same before legacy credit grants.
    pub fn subtotal(&self) -> Amount {
        let grants: Amount = self.lines.iter().filter(|line| line.kind == LineKind::Grant).map(|line| line.total).sum();
        self.total() - grants
    }

    /// An invoice of a legacy plan, or of a contract in the accounts that have but one kind of it.
    fn bare(id: String, customer: usize, kind: Kind, currency: Currency, period: Period) -> Self {
        Self {
            id,
            kind,
            contract: None,
            external: None,
            regenerated_from: None,
            corrects: None,
            payer: None,
            constituents: Vec::new(),
            customer,
            plan: None,
            status: Status::Finalized,
            currency,
            period,
            issued_at: period.end + DAY,
            updated_at: period.end + DAY + 5 * HOUR,
            lines: Vec::new(),
        }
    }

    /// An invoice for usage, issued a day after the period.
    pub(crate) fn for_usage(id: String, customer: usize, contract: String, currency: Currency, period: Period) -> Self {
        Self { contract: Some(contract), ..Self::bare(id, customer, Kind::Usage, currency, period) }
    }

    /// An invoice without a period, issued on a date.
    pub(crate) fn dated(
        id: String,
        customer: usize,
        kind: Kind,
        contract: String,
        currency: Currency,
        at: Millis,
    ) -> Self {
        let bare = Self::bare(id, customer, kind, currency, Period { start: at, end: at });
        Self { contract: Some(contract), issued_at: at, updated_at: at + HOUR / 2, ..bare }
    }
}

impl Account {
    /// The id that a plan's charge for a metric goes by on sub lines.
    pub fn charge(&self, plan: usize, metric: usize) -> String {
        self.id("charge", &[plan as u64, metric as u64])
    }

    /// The id of a plan's product.
    pub fn product(&self, product: usize) -> String {
        self.id("product", &[product as u64])
    }

    /// The id of the contract product that bills a metric.
    pub fn contract_product(&self, metric: usize) -> String {
        self.id("contract product", &[metric as u64])
    }

    /// Every invoice that has left the draft state by the moment the account is told of, per customer.
    pub fn invoices(&self) -> Vec<Invoice> {
        self.invoices_at(self.now())
    }

    /// The same by another moment.
    pub(crate) fn invoices_at(&self, now: Millis) -> Vec<Invoice> {
        let books = (0..self.customers.len()).flat_map(|place| self.books(place, now).invoices);
        books.filter(|invoice| invoice.status != Status::Draft).collect()
    }

    /// The invoice of a customer on a plan for the usage of a month, by metric, whether it is closed or not.
    pub fn invoice(&self, used: &[Quantity], place: usize, month: usize, period: Period) -> Invoice {
        let id = self.id("invoice", &[place as u64, month as u64]);
        let deal = self.customers[place].deal;
        let mut draw = Draw::new(self.seed, 0x1270, (place * 3 + month) as u64);
        let withdrawn = self.scale != Scale::Sample && place >= 8 && draw.below(25) == 0;
        let (plan, lines) = match deal {
            Deal::Plan(plan) => (Some(plan), self.plan_lines(used, plan, &id)),
            Deal::Contract | Deal::None => (None, Vec::new()),
        };
        let currency = plan_of(deal).map_or(Currency::Usd, |plan| plan.currency());
        let bare = Invoice::bare(id, place, Kind::Plan, currency, period);
        let status = if withdrawn { Status::Void } else { Status::Finalized };
        let updated_at = bare.updated_at + draw.below(3_600) as i64 * SECOND;
        Invoice { plan, status, updated_at, lines, ..bare }
    }

    /// A first March invoice of A1 Company, finalized without its storage, then withdrawn in favour of the complete one.
    pub(crate) fn withdrawn(&self, used: &[Quantity], period: Period) -> Invoice {
        let complete = self.invoice(used, 0, 1, period);
        let id = self.id("invoice", &[0, 1, 1]);
        let mut lines = self.plan_lines(used, complete.plan.unwrap_or_default(), &id);
        lines.truncate(1);
        Invoice { id, status: Status::Void, lines, updated_at: complete.issued_at + 60 * HOUR, ..complete }
    }

    fn plan_lines(&self, used: &[Quantity], plan: usize, invoice: &str) -> Vec<Line> {
        let salt = invoice.bytes().fold(0, |salt: u64, byte| salt.wrapping_mul(257).wrapping_add(u64::from(byte)));
        let mut lines = Vec::new();
        for (product, _) in PLANS[plan].products {
            let sub_lines: Vec<SubLine> = PRODUCTS[*product]
                .metrics
                .clone()
                .map(|metric| SubLine {
                    id: self.id("sub line", &[salt, metric as u64]),
                    metric,
                    charge: self.charge(plan, metric),
                    quantity: used[metric],
                    price: PLANS[plan].price(metric),
                })
                .filter(|sub_line| sub_line.quantity > Quantity::default())
                .collect();
            if sub_lines.is_empty() {
                continue;
            }
            lines.push(Line {
                id: self.id("line", &[salt, *product as u64]),
                name: PRODUCTS[*product].name.into(),
                product: self.product(*product),
                quantity: Quantity::whole(1),
                total: sub_lines.iter().map(SubLine::subtotal).sum(),
                sub_lines,
                ..Line::default()
            });
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::date;
    use crate::decimal::plain;

    #[test]
    fn every_invoice_foots() {
        for account in [Account::sample(5), Account::sized(9, 20_000, 30)] {
            let invoices = account.invoices();
            assert!(invoices.iter().any(|invoice| invoice.status == Status::Void));
            for invoice in &invoices {
                // What is counted against committed spend is billed by its usage lines.
                let billed = invoice.lines.iter().filter(|line| line.kind != LineKind::Counted);
                assert_eq!(invoice.total().0, billed.map(|line| line.total.0).sum::<i128>());
                for line in &invoice.lines {
                    if !line.sub_lines.is_empty() {
                        assert_eq!(
                            line.total.0,
                            line.sub_lines.iter().map(|sub| sub.quantity.0 * sub.price.0).sum::<i128>()
                        );
                    }
                    if let Some(price) = line.unit_price {
                        assert_eq!(line.total, line.quantity * price);
                    }
                }
            }
        }
    }

    #[test]
    fn a1_company_has_a_one_day_first_period_and_a_whole_march() {
        let account = Account::sample(5);
        let periods: Vec<_> = account
            .invoices()
            .into_iter()
            .filter(|invoice| invoice.customer == 0 && invoice.status == Status::Finalized)
            .map(|invoice| (invoice.period.start, invoice.period.end, invoice.issued_at))
            .collect();
        let (leap, march, april) = (date(2024, 2, 29), date(2024, 3, 1), date(2024, 4, 1));
        assert_eq!(periods, [(leap, march, march + DAY), (march, april, april + DAY)]);
    }

    #[test]
    fn some_totals_have_fractions_of_a_cent() {
        let totals: Vec<String> =
            Account::sample(5).invoices().iter().map(|invoice| plain(invoice.total().0, Amount::SCALE)).collect();
        assert!(
            totals.iter().any(|total| total.split_once('.').is_some_and(|(_, cents)| cents.len() >= 4)),
            "{totals:?}"
        );
    }

    #[test]
    fn sub_lines_tie_to_the_events_of_the_period() {
        let account = Account::sample(5);
        for invoice in account.invoices() {
            for sub_line in invoice.lines.iter().flat_map(|line| &line.sub_lines) {
                let used: i128 = account
                    .all_events()
                    .filter(|event| event.customer == Some(invoice.customer))
                    .filter(|event| invoice.period.start <= event.at && event.at < invoice.period.end)
                    .flat_map(|event| event.body.measures())
                    .flatten()
                    .filter(|(metric, _)| *metric == sub_line.metric)
                    .map(|(_, quantity)| quantity.0)
                    .sum();
                assert_eq!(used, sub_line.quantity.0);
            }
        }
    }
}
