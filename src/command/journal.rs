//! `etl journal`: the postable journal of a month as a file that a ledger's program imports.

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::util::display::array_value_to_string;

use super::sql::{answer, session};
use crate::error::{Error, Result};
use crate::model::Models;
use crate::place::scratch::Scratch;
use crate::settings::{JournalFormat, JournalOrder, Settings, TableFormat};

/// What a program takes: the query that makes its columns, and what it refuses, as a condition and in words.
struct Import {
    sql: &'static str,
    refuses: &'static [(&'static str, &'static str)],
}

fn import(format: JournalFormat) -> Import {
    match format {
        JournalFormat::Plain => Import { sql: include_str!("journal/plain.sql"), refuses: &[] },
        // As its documentation of the line-level fields of journal entries says.
        JournalFormat::Netsuite => Import {
            sql: include_str!("journal/netsuite.sql"),
            refuses: &[
                (
                    "coalesce(debit_amount, credit_amount) >= 10000000000",
                    "NetSuite takes amounts of up to 10 digits before the point",
                ),
                ("currency_digits(currency) > 2", "NetSuite takes amounts of up to 2 digits behind the point"),
                ("account_name <> trim(account_name)", "NetSuite takes names of accounts without blanks around them"),
            ],
        },
        JournalFormat::Quickbooks => Import {
            sql: include_str!("journal/quickbooks.sql"),
            refuses: &[("length(account_name) > 100", "QuickBooks takes names of accounts of up to 100 characters")],
        },
    }
}

/// Prints the lines of the month that are not of nothing, by entry and currency.
///
/// # Errors
/// Usage (exit 2) where no lake is or nothing is posted in that month; data (exit 3) where the program would refuse a line; else as
/// what keeps the lake from being read.
pub async fn run(settings: &Settings, order: &JournalOrder) -> Result<()> {
    let Import { sql, refuses } = import(order.format.unwrap_or(settings.journal_format));
    let sql = sql.replace("{month}", &order.month.to_string());
    let (scratch, models) = (Scratch::new(), Models::of(settings)?);
    let engine = session(settings, &sql, &models, &scratch).await?;
    let conditions: String = refuses.iter().map(|(condition, _)| format!(", {condition}")).collect();
    let lines = format!(
        "select count(*) over (), entry_id, line_number{conditions} from postable_journal where month = date '{}' \
         order by {} entry_id, line_number limit 1",
        order.month,
        refuses.iter().map(|(condition, _)| format!("({condition}) desc, ")).collect::<String>(),
    );
    let failed = |error| Error::failed(format!("cannot read the journal: {error}"));
    let found = engine.context.sql(&lines).await.map_err(failed)?.collect().await.map_err(failed)?;
    let Some(first) = found.iter().find(|batch| batch.num_rows() > 0) else {
        let month = order.month.format("%Y-%m");
        return Err(Error::usage(format!("nothing is posted in {month}")).hint(
            "`etl sql -c \"select distinct month from postable_journal order by month\"` lists the months there are",
        ));
    };
    for (number, (_, words)) in refuses.iter().enumerate() {
        if first.column(3 + number).as_boolean().value(0) {
            let entry = array_value_to_string(first.column(1), 0).unwrap_or_default();
            let line = first.column(2).as_primitive::<Int64Type>().value(0);
            return Err(Error::data(format!("{words}: line {line} of entry {entry} is another"))
                .hint("post that entry by hand, or name another format with --journal-format"));
        }
    }
    answer(&engine, &models, &sql, TableFormat::Csv, order.output_file.as_deref()).await
}
