//! The four stories as they were meant: every id once, every sum right.
//!
//! An id keeps the number that the published tables give such a thing, behind the story it belongs to, so that a reader
//! finds his way from one edition to the other. The two turns of the prepaid story are two customers here.

use super::tables::{Balance, Contract, Customer, Entry, Invoice, Line, Tables};
use super::{cents, dollars, first_of, january};
use crate::calendar::{HOUR, Millis};
use crate::decimal::Quantity;
use crate::export::schedule::{Access, Billed};

/// A story: one customer with one contract and one balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    /// Free credits, then usage on demand.
    A,
    /// A prepaid commit of which a part lapses.
    B1,
    /// A prepaid commit that is not enough.
    B2,
    /// A postpaid commit with a true-up.
    C,
}

use Story::{A, B1, B2, C};

/// Numbers of what there is one of in a story, as the published tables count.
const CUSTOMER: u32 = 10001;
const CONTRACT: u32 = 20001;
const BALANCE: u32 = 50001;
const SEGMENT: u32 = 60001;
const PRICE: u32 = 60002;
/// Products belong to no story.
const COMPUTE: u32 = 70001;
const STORAGE: u32 = 70002;
const COMMIT: u32 = 70003;

impl Story {
    /// The id of a thing of this story.
    fn id(self, number: u32) -> String {
        let story = match self {
            A => 0xa0,
            B1 => 0xb1,
            B2 => 0xb2,
            C => 0xc0,
        };
        format!("c10dae70-{story:04x}-4000-8000-{number:012}")
    }

    /// The id of its contract.
    pub(super) fn contract(self) -> String {
        self.id(CONTRACT)
    }

    /// The id of its commit or credit.
    pub(super) fn balance(self) -> String {
        self.id(BALANCE)
    }
}

fn product(number: u32) -> String {
    format!("c10dae70-0000-4000-8000-{number:012}")
}

/// Every table.
pub(super) fn tables() -> Tables {
    let mut tables = Tables::default();
    let year = Some(first_of(13));
    for (story, name, agreed, end) in [
        (A, "Customer A", "Free trial", None),
        (B1, "Customer B1", "Prepaid commitment, not used up", year),
        (B2, "Customer B2", "Prepaid commitment, used up", year),
        (C, "Customer C", "Postpaid commitment", year),
    ] {
        let (customer, start) = (story.id(CUSTOMER), january(1));
        tables.customers.push(Customer { id: customer.clone(), name });
        tables.contracts.push(Contract { id: story.contract(), customer, name: agreed, start, end });
    }
    credits(&mut tables);
    prepaid(&mut tables, B1, [600, 100]);
    prepaid(&mut tables, B2, [800, 200]);
    postpaid(&mut tables);
    tables
}

/// Half a month under credits, which lapse in its middle, and half a month without.
fn credits(tables: &mut Tables) {
    let (first, middle, last) = (january(1), january(16), first_of(2));
    let mut invoice = Draft::of_month(A, 1);
    invoice.usage(COMPUTE, (360, 100), Some((first, middle)), true);
    invoice.usage(STORAGE, (100, 50), Some((first, middle)), true);
    invoice.applied(COMPUTE, 360, Some((first, middle)), "Free_trial_credits applied");
    invoice.applied(STORAGE, 50, Some((first, middle)), "Free_trial_credits applied");
    invoice.usage(COMPUTE, (384, 100), Some((middle, last)), false);
    invoice.usage(STORAGE, (150, 50), Some((middle, last)), false);
    let id = invoice.id.clone();
    invoice.issue(tables, "CONTRACT_USAGE", last);
    tables.balances.push(Balance {
        access: access(A, 500, middle),
        billed: None,
        cost_percent: None,
        product: None,
        ledger: vec![
            entry("credit_segment_start", first, 500, None),
            // The service under credit ends with them, and so is dated before the invoice's end.
            entry("credit_automated_invoice_deduction", middle, -410, Some(id)),
            entry("credit_segment_expiration", middle, -90, None),
        ],
        ..balance(A, "credit", "Free_trial_credits")
    });
}

/// A commit bought for a year at 20 % off list: 900 in January, then the same dollars of compute and storage every month.
fn prepaid(tables: &mut Tables, story: Story, monthly: [i128; 2]) {
    let granted = 10_000;
    let mut purchase = Draft { id: story.id(30002), story, period: None, lines: Vec::new() };
    purchase.add(COMMIT, "Prepaid Commit", 1, Some(granted * 100), (granted, true), None);
    let bought = purchase.id.clone();
    purchase.issue(tables, "CONTRACT_SCHEDULED", january(1));
    let mut ledger = vec![entry("prepaid_segment_start", january(1), granted, None)];
    let mut left = granted;
    for month in 1..=12 {
        let [compute, storage] = if month == 1 { [800, 100] } else { monthly };
        let mut invoice = Draft::of_month(story, month);
        let mut drawn = 0;
        for (product, dollars, price) in [(COMPUTE, compute, 80), (STORAGE, storage, 40)] {
            // Covered and uncovered usage are lines of their own, as where credits run out.
            let covered = dollars.min(left);
            for (part, is_covered) in [(covered, true), (dollars - covered, false)] {
                if part > 0 {
                    invoice.usage(product, ((part * 100 / price) as u64, price), None, is_covered);
                }
            }
            if covered > 0 {
                invoice.applied(product, covered, None, "prepaid_commitment applied");
            }
            left -= covered;
            drawn += covered;
        }
        if drawn > 0 {
            let id = Some(invoice.id.clone());
            ledger.push(entry("prepaid_automated_invoice_deduction", first_of(month + 1), -drawn, id));
        }
        invoice.issue(tables, "CONTRACT_USAGE", first_of(month + 1));
    }
    if left > 0 {
        ledger.push(entry("prepaid_segment_expiration", first_of(13), -left, None));
    }
    tables.balances.push(Balance {
        access: access(story, granted, first_of(13)),
        billed: Some(billed(story, january(1), bought)),
        cost_percent: Some(100),
        ledger,
        ..balance(story, "prepaid", "prepaid_commitment")
    });
}

/// 800 a month of 10,000 promised: what is missing is billed when the year is over.
fn postpaid(tables: &mut Tables) {
    let mut left = 10_000;
    let mut ledger = vec![entry("postpaid_initial_balance", january(1), left, None)];
    for month in 1..=12 {
        let mut invoice = Draft::of_month(C, month);
        for (product, dollars, price) in [(COMPUTE, 600, 100), (STORAGE, 200, 50)] {
            invoice.usage(product, ((dollars * 100 / price) as u64, price), None, true);
            // Said for information: the invoice bills the usage nevertheless.
            invoice.applied(product, dollars, None, "postpaid_commitment applied");
            left -= dollars;
        }
        ledger.push(entry("postpaid_automated_invoice_deduction", first_of(month + 1), -800, Some(invoice.id.clone())));
        invoice.issue(tables, "CONTRACT_USAGE", first_of(month + 1));
    }
    let mut trueup = Draft { id: C.id(30014), story: C, period: None, lines: Vec::new() };
    trueup.add(COMMIT, "postpaid_commitment true-up", 1, Some(left * 100), (left, true), None);
    let id = trueup.id.clone();
    trueup.issue(tables, "CONTRACT_TRUEUP", first_of(13));
    ledger.push(entry("postpaid_trueup", first_of(13), -left, Some(id.clone())));
    ledger.iter_mut().for_each(|entry| entry.of_segment = false);
    tables.balances.push(Balance {
        access: access(C, 10_000, first_of(13)),
        billed: Some(billed(C, first_of(13), id)),
        cost_percent: None,
        ledger,
        ..balance(C, "postpaid", "postpaid_commitment")
    });
}

/// An invoice whose lines are still being written.
struct Draft {
    id: String,
    story: Story,
    period: Option<(Millis, Millis)>,
    lines: Vec<Line>,
}

impl Draft {
    /// The usage invoice of a month.
    fn of_month(story: Story, month: i64) -> Self {
        // Where a purchase or another story's invoice came first, counting began later.
        let before = match story {
            A => 30000,
            B1 | B2 => 30002,
            C => 30001,
        };
        let number = before + month as u32;
        Self { id: story.id(number), story, period: Some((first_of(month), first_of(month + 1))), lines: Vec::new() }
    }

    /// So many units at so many cents; over the invoice's period where no other is said.
    fn usage(&mut self, product: u32, (quantity, price): (u64, i128), span: Option<(Millis, Millis)>, covered: bool) {
        let total = i128::from(quantity) * price / 100;
        self.add(product, name_of(product), quantity, Some(price), (total, covered), span);
    }

    /// So many dollars of the balance.
    fn applied(&mut self, product: u32, dollars: i128, span: Option<(Millis, Millis)>, name: &str) {
        self.add(product, name, 1, None, (-dollars, true), span);
    }

    fn add(
        &mut self,
        product: u32,
        name: &str,
        quantity: u64,
        price: Option<i128>,
        (total, covered): (i128, bool),
        span: Option<(Millis, Millis)>,
    ) {
        self.lines.push(Line {
            id: String::new(),
            invoice: self.id.clone(),
            name: name.into(),
            product: self::product(product),
            quantity,
            unit_price: price.map(cents),
            total: dollars(total),
            commit: covered.then(|| self.story.balance()),
            period: span.or(self.period),
            updated_at: 0,
        });
    }

    /// Numbers the lines on from the story's last one and adds them up.
    fn issue(self, tables: &mut Tables, label: &'static str, issued_at: Millis) {
        let contract = self.story.contract();
        let ids: Vec<&String> =
            tables.invoices.iter().filter(|one| one.contract == contract).map(|one| &one.id).collect();
        let written = tables.lines.iter().filter(|line| ids.contains(&&line.invoice)).count() as u32;
        let updated_at = issued_at + HOUR;
        let mut total = dollars(0);
        for (place, line) in self.lines.into_iter().enumerate() {
            debug_assert!(line.unit_price.is_none_or(|price| Quantity::whole(line.quantity) * price == line.total));
            let counted = self.story == C && line.unit_price.is_none();
            if !counted {
                total += line.total;
            }
            let id = self.story.id(40001 + written + place as u32);
            tables.lines.push(Line { id, updated_at, ..line });
        }
        tables.invoices.push(Invoice {
            id: self.id,
            customer: self.story.id(CUSTOMER),
            contract,
            label,
            total,
            issued_at,
            period: self.period,
            updated_at,
        });
    }
}

fn name_of(product: u32) -> &'static str {
    if product == COMPUTE { "CloudCompute" } else { "CloudStorage" }
}

fn balance(story: Story, kind: &'static str, name: &'static str) -> Balance {
    Balance {
        id: story.balance(),
        customer: story.id(CUSTOMER),
        contract: story.contract(),
        kind,
        name,
        product: Some(product(COMMIT)),
        rate_type: Some(if kind == "prepaid" { "COMMIT_RATE" } else { "LIST_RATE" }),
        access: access(story, 0, first_of(1)),
        billed: None,
        cost_percent: None,
        ledger: Vec::new(),
    }
}

fn access(story: Story, granted: i128, end: Millis) -> Access {
    Access { id: story.id(SEGMENT), start: first_of(1), end, amount: dollars(granted) }
}

fn billed(story: Story, at: Millis, invoice: String) -> Billed {
    Billed { id: story.id(PRICE), at, amount: dollars(10_000), invoice: Some(invoice) }
}

fn entry(kind: &'static str, at: Millis, amount: i128, invoice: Option<String>) -> Entry {
    Entry { kind, at, amount: dollars(amount), of_segment: true, invoice, number: None }
}
