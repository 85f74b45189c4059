//! The stories month by month, in dollars: what the published tables print, and what must come out of the edition that is
//! meant. Written down, not worked out from the tables, so that it can hold them to account.

use super::first_of;
use super::meant::Story;
use crate::calendar::day_text;

/// One month of a contract's commit or credit.
#[derive(Debug, Clone)]
pub(super) struct Month {
    contract: String,
    commit: String,
    month: i64,
    /// All usage, at the price it is billed.
    usage: i128,
    /// The part of it that no balance covered.
    overage: i128,
    /// The total of the usage invoice.
    invoice: i128,
    /// At the month's end, before the rest lapses or is billed.
    remaining: i128,
    /// What lapses at the month's end.
    expired: i128,
    /// What is billed at the month's end because it was promised and not used.
    trueup: i128,
}

/// The two tables that are printed, of Customer B.
pub(super) fn published() -> Vec<Month> {
    let mut months = year(("20002", "50002"), [900, 700]);
    let mut again = year(("20002", "50002"), [900, 1_000]);
    for (month, overage, invoice) in [(11, 900, 800), (12, 1_000, 1_000)] {
        let row: &mut Month = &mut again[month - 1];
        (row.overage, row.invoice, row.remaining) = (overage, invoice, 0);
    }
    months.append(&mut again);
    months
}

/// Every month of the four stories.
pub(super) fn meant() -> Vec<Month> {
    let ids = |story: Story| (story.contract(), story.balance());
    let of = |story: Story, usage| {
        let (contract, commit) = ids(story);
        year((&contract, &commit), usage)
    };
    let (contract, commit) = ids(Story::A);
    let january = Month {
        contract,
        commit,
        month: 1,
        usage: 869,
        overage: 459,
        invoice: 459,
        remaining: 90,
        expired: 90,
        trueup: 0,
    };
    let mut months = vec![january];
    let mut short = of(Story::B1, [900, 700]);
    short[11].expired = 1_400;
    months.append(&mut short);
    let mut over = of(Story::B2, [900, 1_000]);
    for (month, overage) in [(11, 900), (12, 1_000)] {
        let row: &mut Month = &mut over[month - 1];
        (row.overage, row.invoice, row.remaining) = (overage, overage, 0);
    }
    months.append(&mut over);
    let mut promised = of(Story::C, [800, 800]);
    promised.iter_mut().for_each(|row| row.invoice = 800);
    promised[11].trueup = 400;
    months.append(&mut promised);
    months
}

/// Twelve months of a commit of 10,000: usage of the first and of each later one.
fn year((contract, commit): (&str, &str), [first, later]: [i128; 2]) -> Vec<Month> {
    let row = |month: i64| Month {
        contract: contract.into(),
        commit: commit.into(),
        month,
        usage: if month == 1 { first } else { later },
        overage: 0,
        invoice: 0,
        remaining: 10_000 - first - later * i128::from(month - 1),
        expired: 0,
        trueup: 0,
    };
    (1..=12).map(row).collect()
}

/// As CSV, with the columns that a report of the same grain has.
pub(super) fn text(months: &[Month]) -> String {
    let mut text = String::from(
        "contract_id,commit_id,month,currency,usage_amount,overage_amount,invoice_amount,remaining_balance_amount,\
         expired_amount,trueup_amount\n",
    );
    for row in months {
        let Month { contract, commit, month, usage, overage, invoice, remaining, expired, trueup } = row;
        let month = day_text(first_of(*month));
        text.push_str(&format!(
            "{contract},{commit},{month},USD,{usage},{overage},{invoice},{remaining},{expired},{trueup}\n"
        ));
    }
    text
}
