//! Which balance a usage line draws on, and how much: the order in which commits and credits are used up.

use crate::account::Account;
use crate::balance::{Balance, BalanceKind};
use crate::decimal::{Amount, Quantity};
use crate::invoice::{Invoice, Line, LineKind};
use std::collections::BTreeMap;

/// What was drawn, by place of the balance and of its segment.
pub(crate) type Draws = BTreeMap<(usize, usize), Amount>;

/// The order of drawing: rolled over first, postpaid last, then priority, what cost nothing, the earliest end and start.
fn order(balance: &Balance, segment: usize) -> (bool, bool, i64, bool, i64, i64) {
    let segment = &balance.segments[segment];
    (
        balance.kind == BalanceKind::Postpaid,
        balance.rolled_from.is_none(),
        balance.priority,
        balance.kind != BalanceKind::Credit,
        segment.end,
        segment.start,
    )
}

/// Covers the usage lines of an invoice from the balances, adding a line for each draw. A line that one balance covers
/// wholly names it.
///
/// A segment counts when it is open over the whole period: all of them begin and end with a month.
pub(crate) fn burn(account: &Account, balances: &mut [Balance], invoice: &mut Invoice, contract: &str) -> Draws {
    let mut candidates: Vec<(usize, usize)> = Vec::new();
    for (place, balance) in balances.iter().enumerate() {
        let reachable = balance.contract.as_deref().is_none_or(|own| own == contract) && balance.archived_at.is_none();
        for (number, segment) in balance.segments.iter().enumerate() {
            let open = segment.opened && segment.start <= invoice.period.start && invoice.period.end <= segment.end;
            if reachable && open {
                candidates.push((place, number));
            }
        }
    }
    candidates.sort_by_key(|(place, number)| order(&balances[*place], *number));
    let mut draws = Draws::new();
    let mut lines = Vec::new();
    for line in invoice.lines.iter_mut().filter(|line| line.kind == LineKind::Usage) {
        let mut open = line.total;
        let drawn_before = lines.len();
        for (place, number) in &candidates {
            let balance = &mut balances[*place];
            let fits =
                balance.unit == line.unit && (balance.products.is_empty() || balance.products.contains(&line.product));
            let taken = open.min(balance.segments[*number].left);
            if !fits || taken <= Amount::ZERO {
                continue;
            }
            let kind = balance.kind;
            let segment = &mut balance.segments[*number];
            segment.left = segment.left - taken;
            open = open - taken;
            *draws.entry((*place, *number)).or_default() += taken;
            let salt = lines.len() as u64 + 1_000;
            lines.push(Line {
                id: account.id(&invoice.id, &[salt]),
                kind: match kind {
                    BalanceKind::Postpaid => LineKind::Counted,
                    BalanceKind::Prepaid | BalanceKind::Credit => LineKind::Applied(kind),
                },
                name: format!("{} applied", balance.name),
                quantity: Quantity::whole(1),
                unit_price: None,
                total: -taken,
                commit: Some(balance.id.clone()),
                segment: Some(segment.id.clone()),
                ..line.clone()
            });
        }
        if let (true, [whole]) = (open == Amount::ZERO, &lines[drawn_before..]) {
            (line.commit, line.segment) = (whole.commit.clone(), whole.segment.clone());
        }
    }
    invoice.lines.append(&mut lines);
    draws
}
