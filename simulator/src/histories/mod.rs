//! Histories: customers whose commits and credits live through months drawn by chance, always lawful, and what must come of
//! them to the last digit.
//!
//! ```text
//! units, ledger, bill    amounts and months; a balance and its movements; an invoice and its lines
//!   agreed -> life       what a customer agreed to; what then happened, month by month,
//!             usage      of which the largest part is how usage is billed
//!     totals             what it comes to, noted as it happens: no file is read for it
//!     rows -> deliver    the same told as export rows; rows told several times, in versions, in any file
//! ```
//!
//! Every amount is a whole number of millionths of the unit of its credit type (for USD: of a cent), and every figure that
//! comes out is one too: what is split by days divides, and cost bases are hundredths. Knows nothing of the other accounts.

mod agreed;
mod bill;
mod deliver;
mod ledger;
mod life;
mod rows;
mod totals;
mod units;
mod usage;

use crate::calendar::{DAY, Millis, date};
use crate::random::Draw;
use deliver::Deliveries;
use std::io;
use std::path::Path;
use totals::Expected;

/// The moment that everything is told as of: the begin of the day of the newest snapshot.
const NOW: Millis = date(2024, 7, 10);
/// The day of the snapshot before.
const BEFORE: Millis = NOW - 2 * DAY;
/// The day of a snapshot of drafts that are final by now.
const LONG_BEFORE: Millis = NOW - 15 * DAY;

/// Writes export files of so many contracts below `folder/egress`, and what they come to as `folder/expected/*.csv`.
///
/// A customer has one contract or two. One customer is worked out and written after the other, so memory does not grow with
/// their number. The same number and seed give the same bytes. Errors name the file.
pub fn write(folder: &Path, contracts: u64, seed: u64) -> io::Result<()> {
    let mut deliveries = Deliveries::new(&folder.join("egress"), seed)?;
    let mut expected = Expected::new(&folder.join("expected"))?;
    let mut left = contracts;
    let mut number = 0;
    while left > 0 {
        let wanted = if Draw::new(seed, 0x4157, number).below(5) == 0 { 2 } else { 1 };
        let life = life::live(seed, number, wanted.min(left));
        rows::tell(&life, &mut deliveries)?;
        expected.add(&life)?;
        left -= wanted.min(left);
        number += 1;
    }
    deliveries.finish()?;
    expected.finish()
}
