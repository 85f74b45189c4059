//! Tables that had rows and get none where everything was delivered anew: a file left out of the delivery would otherwise
//! be seen by nobody, as the rows of before count on.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::runs::FILES;
use crate::place::records::{Row, cell};
use crate::printer::counted;
use crate::source::delivery::Delivery;

/// What the tables of export files had, and what this run read of them.
#[derive(Default)]
pub struct Rowless {
    /// Tables with rows of files taken before, and whether this run gave them none.
    tables: BTreeMap<String, bool>,
    new_files: BTreeSet<String>,
    /// Whether a file that was taken before is in landing as it was: then this is no delivery of everything.
    has_old_file: bool,
}

impl Rowless {
    /// Notes a table: the files of it that were taken before, how many are in landing, and which of those are new.
    pub fn begin<'a>(
        &mut self,
        table: &str,
        known: impl IntoIterator<Item = &'a Row>,
        landed: usize,
        new: &[Delivery],
    ) {
        let had_rows = known.into_iter().any(|row| cell(&FILES, row, "row_count").is_some_and(|count| count != "0"));
        if had_rows {
            self.tables.insert(table.to_owned(), true);
        }
        self.new_files.extend(new.iter().map(|delivery| delivery.name().to_owned()));
        self.has_old_file |= new.len() < landed;
    }

    /// Notes how many rows were read of a table.
    pub fn read(&mut self, table: &str, rows: u64) {
        if let Some(is_without) = self.tables.get_mut(table).filter(|_| rows > 0) {
            *is_without = false;
        }
    }

    /// A line for each table that had rows and got none, where every file in landing was new.
    pub fn warnings(&self) -> Vec<String> {
        if self.new_files.is_empty() || self.has_old_file {
            return Vec::new();
        }
        let of = match self.new_files.len() as u64 {
            1 => "the only file that was delivered".to_owned(),
            count => format!("the {} that were delivered, all of them new,", counted(count, "file")),
        };
        let rowless = self.tables.iter().filter(|(_, is_without)| **is_without);
        rowless
            .map(|(table, _)| format!("{table} had rows before, and {of} gave it none; is a file missing?"))
            .collect()
    }
}
