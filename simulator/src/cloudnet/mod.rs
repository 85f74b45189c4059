//! CloudNet: an account that is told, not drawn. Four stories of free credits, prepaid commits that lapse or run over, and
//! postpaid commits, which finance recognises revenue from; as five tables of the export, in two editions.
//!
//! The stories and their published tables are those of the vendor's revenue recognition examples, which contradict
//! themselves. One edition keeps every contradiction, for a reader that must find them; the other has none, for a reader
//! whose figures are known to the last digit. Knows nothing of the other account, its seed or its clock.

mod meant;
mod monthly;
mod published;
mod tables;

use crate::calendar::{Millis, date};
use crate::decimal::{Amount, Price};
use crate::export::write_file;
use std::io;
use std::path::Path;

/// A telling of the stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// The published tables row by row, with their mistakes.
    AsPublished,
    /// The same stories with sound ids and arithmetic.
    AsMeant,
}

impl Edition {
    /// Both, in the order they are written.
    pub const ALL: [Self; 2] = [Self::AsPublished, Self::AsMeant];

    /// The folder it is written to.
    pub fn folder(self) -> &'static str {
        match self {
            Self::AsPublished => "as_published",
            Self::AsMeant => "as_meant",
        }
    }
}

/// Writes both editions below `folder`: `<edition>/egress/<table>.csv` and, apart from what a reader is given, the monthly
/// figures that are printed or must come out, as `monthly/<edition>.csv` in dollars.
///
/// Files of the same name are replaced and others left alone. Errors name the file.
pub fn write(folder: &Path) -> io::Result<()> {
    for edition in Edition::ALL {
        let root = folder.join(edition.folder());
        let (tables, months) = match edition {
            Edition::AsPublished => (published::tables(), monthly::published()),
            Edition::AsMeant => (meant::tables(), monthly::meant()),
        };
        for table in tables.layout() {
            write_file(&root.join("egress").join(format!("{}.csv", table.name)), table.text(false).as_bytes())?;
        }
        write_file(
            &folder.join("monthly").join(format!("{}.csv", edition.folder())),
            monthly::text(&months).as_bytes(),
        )?;
    }
    Ok(())
}

/// So many dollars, in the cents of an export.
fn dollars(dollars: i128) -> Amount {
    Amount::hundredths(dollars * 10_000)
}

/// A price of so many cents.
fn cents(cents: i128) -> Price {
    Price(cents * 10_i128.pow(Price::SCALE))
}

/// Midnight of a day of January 2024.
fn january(day: i64) -> Millis {
    date(2024, 1, day)
}

/// Midnight of the first day of month `month`: 1 is January 2024, 13 January 2025.
fn first_of(month: i64) -> Millis {
    date(2024 + (month - 1) / 12, (month - 1) % 12 + 1, 1)
}
