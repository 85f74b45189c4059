//! Commits and credits: what a customer may draw on, and the ledger of how it did. No rule for drawing here (see `books`).

use crate::calendar::Millis;
use crate::decimal::Amount;
use crate::price_list::Currency;

/// What a balance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceKind {
    /// Paid for ahead.
    Prepaid,
    /// Promised, and billed at the end for what was not used.
    Postpaid,
    /// Given.
    Credit,
}

impl BalanceKind {
    /// As the API has it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Prepaid => "PREPAID",
            Self::Postpaid => "POSTPAID",
            Self::Credit => "CREDIT",
        }
    }
}

/// A stretch of time in which an amount may be used.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its id.
    pub id: String,
    /// What is granted.
    pub amount: Amount,
    /// Inclusive.
    pub start: Millis,
    /// Exclusive: when the rest lapses.
    pub end: Millis,
    /// What is left of it, drafts deducted; zero before it opens and after it closes.
    pub left: Amount,
    /// Whether its start is in the ledger.
    pub opened: bool,
    /// Whether its end is in the ledger.
    pub closed: bool,
}

/// One instalment of a commit's price.
#[derive(Debug, Clone)]
pub struct Instalment {
    /// Its id.
    pub id: String,
    /// The date of its invoice.
    pub at: Millis,
    /// What is billed, in the fiat currency of the contract.
    pub amount: Amount,
    /// The scheduled invoice it is on.
    pub invoice: String,
}

/// An adjustment by hand.
#[derive(Debug, Clone)]
pub struct Manual {
    /// When it counts from; may be to come, and counts in the balance nevertheless.
    pub at: Millis,
    /// Either sign.
    pub amount: Amount,
    /// Why.
    pub reason: &'static str,
}

/// What a ledger entry records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the API names them")]
pub enum EntryKind {
    Start,
    Deduction,
    Rollover,
    Expiration,
    Credited,
    Manual,
    Trueup,
}

/// A line of a ledger. The sum of them is the balance.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it records.
    pub kind: EntryKind,
    /// When; for a deduction the end of the service period, which for a draft is to come.
    pub at: Millis,
    /// Positive where it adds.
    pub amount: Amount,
    /// The segment it is about.
    pub segment: Option<String>,
    /// The invoice it comes from.
    pub invoice: Option<String>,
    /// Whether that invoice is still a draft.
    pub pending: bool,
    /// The contract of a rollover's new commit.
    pub new_contract: Option<String>,
    /// Of a manual entry.
    pub reason: Option<&'static str>,
}

impl Entry {
    /// An entry about a segment.
    pub fn of_segment(kind: EntryKind, at: Millis, amount: Amount, segment: &str) -> Self {
        let segment = Some(segment.to_owned());
        Self { kind, at, amount, segment, invoice: None, pending: false, new_contract: None, reason: None }
    }
}

/// A commit or a credit.
#[derive(Debug, Clone)]
pub struct Balance {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: BalanceKind,
    /// Display name.
    pub name: &'static str,
    /// The contract it belongs to; none for one of the customer.
    pub contract: Option<String>,
    /// What its amounts are in; none where they count units of a product (`access_type` is then `QUANTITY`).
    pub unit: Option<Currency>,
    /// Lower is drawn first.
    pub priority: i64,
    /// When and how much may be used.
    pub segments: Vec<Segment>,
    /// What is paid for it, where it is invoiced.
    pub price: Vec<Instalment>,
    /// Paid as a percentage of granted.
    pub cost_percent: i128,
    /// Percentage of the rest that may move to the next contract.
    pub rollover_percent: Option<i128>,
    /// The commit and contract it was rolled over from.
    pub rolled_from: Option<(String, String)>,
    /// The commit and contract its rest moves to.
    pub rolls_into: Option<(String, String)>,
    /// What it recurs from.
    pub recurring: Option<String>,
    /// The products it may be spent on; all where empty.
    pub products: Vec<String>,
    /// Adjustments by hand.
    pub manual: Vec<Manual>,
    /// When it was put away.
    pub archived_at: Option<Millis>,
    /// Business time of its making.
    pub created_at: Millis,
    /// What happened to it until now.
    pub ledger: Vec<Entry>,
}

impl Balance {
    /// What can be used now: segments that are open, with what is left of them.
    pub fn usable(&self, now: Millis) -> Amount {
        self.segments.iter().filter(|segment| segment.start <= now && now < segment.end).map(|one| one.left).sum()
    }

    /// The same without what drafts draw.
    pub fn usable_without_drafts(&self, now: Millis) -> Amount {
        let open = |id: &str| {
            self.segments.iter().any(|segment| segment.id == id && segment.start <= now && now < segment.end)
        };
        let drawn = self.ledger.iter().filter(|entry| entry.pending && entry.kind == EntryKind::Deduction);
        let drawn: Amount =
            drawn.filter(|entry| entry.segment.as_deref().is_some_and(open)).map(|entry| entry.amount).sum();
        self.usable(now) - drawn
    }

    /// When its price is billed and on which invoice, as far as there is one by now: a price in instalments, or at the end of
    /// each segment what was promised. Empty for what is paid for elsewhere or not at all; none for a credit.
    pub fn billing(&self, now: Millis) -> Option<Vec<(Instalment, bool)>> {
        let trueup_of = |segment: &Segment| {
            let same = |entry: &&Entry| entry.kind == EntryKind::Trueup && entry.at == segment.end;
            self.ledger.iter().find(same).and_then(|entry| entry.invoice.clone())
        };
        match self.kind {
            BalanceKind::Credit => None,
            BalanceKind::Prepaid => Some(self.price.iter().map(|item| (item.clone(), item.at <= now)).collect()),
            BalanceKind::Postpaid => {
                let promised = self.segments.iter().map(|segment| {
                    let (id, invoice) = (segment.id.clone(), trueup_of(segment));
                    let billed = invoice.is_some();
                    let invoice = invoice.unwrap_or_default();
                    (Instalment { id, at: segment.end, amount: segment.amount, invoice }, billed)
                });
                Some(promised.collect())
            }
        }
    }

    /// The sum of its ledger.
    pub fn ledger_sum(&self) -> Amount {
        self.ledger.iter().map(|entry| entry.amount).sum()
    }
}
