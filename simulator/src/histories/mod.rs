//! Histories: customers whose commits and credits live through months drawn by chance, always lawful, and what must come of
//! them to the last digit.
//!
//! ```text
//! units, ledger, bill    amounts and months; a balance and its movements; an invoice and its lines
//!   agreed -> life       what a customer agreed to; what then happened, month by month,
//!             usage      of which the largest part is how usage is billed
//!     totals             what it comes to, noted as it happens: no file is read for it
//!     late               what was known of it at earlier moments
//!     rows -> deliver    the same told as export rows; rows told several times, in versions, in any file
//! ```
//!
//! Every amount is a whole number of millionths of the unit of its credit type (for USD: of a cent), and every figure that
//! comes out is one too: what is split by days divides, and cost bases are hundredths. Knows nothing of the other accounts.

mod agreed;
mod bill;
mod deliver;
mod late;
mod ledger;
mod life;
mod rows;
mod totals;
mod units;
mod usage;

use crate::calendar::{DAY, Millis, date};
use crate::random::Draw;
use deliver::Deliveries;
use late::Late;
use life::Life;
use std::io;
use std::path::Path;
use totals::Expected;
use units::months_on;

/// The moment that everything is told as of: the begin of the day of the newest snapshot.
const NOW: Millis = date(2024, 7, 10);
/// How long before it the snapshot before is of.
const BEFORE: Millis = 2 * DAY;
/// How long before it a snapshot of drafts is of that are final by now.
const LONG_BEFORE: Millis = 15 * DAY;

/// Writes export files of so many contracts below `folder/egress`, and what they come to as `folder/expected/*.csv`.
///
/// A customer has one contract or two. One customer is worked out and written after the other, so memory does not grow with
/// their number. The same number and seed give the same bytes. Errors name the file.
pub fn write(folder: &Path, contracts: u64, seed: u64) -> io::Result<()> {
    let mut deliveries = Deliveries::new(&folder.join("egress"), NOW, seed, 0)?;
    let mut expected = Expected::new(&folder.join("expected"))?;
    each_customer(contracts, seed, |life| {
        rows::tell(&life, &mut deliveries)?;
        expected.add(&life)
    })?;
    deliveries.finish()?;
    expected.finish()
}

/// Writes the same in so many deliveries, a month apart, below `folder/1/egress`, `folder/2/egress` and so on: what was known
/// then, of which much comes late. `folder/expected` is of the last.
pub fn write_deliveries(folder: &Path, contracts: u64, seed: u64, count: u32) -> io::Result<()> {
    let mut deliveries = Vec::new();
    for number in 1..=count {
        let to_come = count - number;
        let (now, folder) = (months_on(NOW, -i64::from(to_come)), folder.join(format!("{number}/egress")));
        deliveries.push(Deliveries::new(&folder, now, seed, u64::from(to_come))?);
    }
    let mut expected = Expected::new(&folder.join("expected"))?;
    each_customer(contracts, seed, |mut life| {
        let late = Late::draw(&mut life);
        for to in &mut deliveries {
            rows::tell(&late.known(&life, to.now()), to)?;
        }
        expected.add(&life)
    })?;
    deliveries.into_iter().try_for_each(Deliveries::finish)?;
    expected.finish()
}

/// Lives through what happens to one customer after the other, until there are so many contracts.
fn each_customer(contracts: u64, seed: u64, mut tell: impl FnMut(Life) -> io::Result<()>) -> io::Result<()> {
    let mut left = contracts;
    let mut number = 0;
    while left > 0 {
        let wanted = if Draw::new(seed, 0x4157, number).below(5) == 0 { 2 } else { 1 };
        tell(life::live(seed, number, wanted.min(left)))?;
        left -= wanted.min(left);
        number += 1;
    }
    Ok(())
}
