//! Which rows of the API a later read has replaced, apart from those that came again under the same key: rows that are
//! gone are shown by nothing but a complete read that lacks them.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;

use crate::catalog::{Class, Table};
use crate::extractions::Cover;

/// What a row has in the column of its table's class.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// Nothing.
    None,
    /// A text.
    Text(&'a str),
    /// An instant: microseconds since the epoch.
    Instant(i64),
}

/// Whether a row that was received at an instant is replaced by one of these reads, unless it came again.
pub fn is_replaced(table: &Table, covers: &[Cover], received_at: i64, value: Value<'_>) -> bool {
    let mut later = covers.iter().filter(|cover| cover.began_at > received_at);
    match (table.class, value) {
        (Class::Whole, _) => later.next().is_some(),
        (Class::WhileShown { value: shown, .. }, Value::Text(text)) => {
            text.eq_ignore_ascii_case(shown) && later.next().is_some()
        }
        (Class::Days { .. }, Value::Instant(at)) => {
            later.any(|cover| cover.days.is_none_or(|(from, until)| from <= at && at < until))
        }
        _ => false,
    }
}

/// The column of the table's class, where it has one.
pub fn column(table: &Table) -> Option<&'static str> {
    match table.class {
        Class::Days { column } | Class::WhileShown { column, .. } => Some(column),
        _ => None,
    }
}

/// Which rows of a batch from the lake are replaced.
pub fn replaced(table: &Table, covers: &[Cover], batch: &RecordBatch) -> Vec<bool> {
    if covers.is_empty() {
        return Vec::new();
    }
    let instants = |name: &str| batch.column_by_name(name)?.as_primitive_opt::<TimestampMicrosecondType>();
    let received = instants("_transferred_at");
    let class = column(table);
    let texts = class.and_then(|name| batch.column_by_name(name)?.as_string_opt::<i32>());
    let days = class.and_then(instants);
    let value = |row: usize| match (texts, days) {
        (Some(texts), _) if texts.is_valid(row) => Value::Text(texts.value(row)),
        (None, Some(days)) if days.is_valid(row) => Value::Instant(days.value(row)),
        _ => Value::None,
    };
    let received_at =
        |row: usize| received.filter(|array| array.is_valid(row)).map_or(i64::MIN, |array| array.value(row));
    (0..batch.num_rows()).map(|row| is_replaced(table, covers, received_at(row), value(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    const COVERS: &[Cover] =
        &[Cover { began_at: 10, days: Some((100, 200)) }, Cover { began_at: 20, days: Some((300, 400)) }];

    fn table(class: Class) -> Table {
        let table = catalog::table("api", "customers").unwrap();
        Table { class, ..*table }
    }

    #[test]
    fn a_later_read_of_everything_replaces_every_row_received_before_it() {
        let whole = table(Class::Whole);
        assert!(is_replaced(&whole, COVERS, 19, Value::None));
        assert!(!is_replaced(&whole, COVERS, 20, Value::None), "it was received by that read");
    }

    #[test]
    fn a_read_of_days_replaces_the_rows_of_those_days_alone() {
        let days = table(Class::Days { column: "day" });
        let replaced = |received_at, at| is_replaced(&days, COVERS, received_at, Value::Instant(at));
        assert!(replaced(5, 100) && replaced(5, 199) && replaced(15, 300));
        assert!(!replaced(5, 200) && !replaced(15, 100), "its days were read before it was received");
    }

    #[test]
    fn rows_that_stay_only_while_shown_go_by_their_value() {
        let shown = table(Class::WhileShown { column: "status", value: "DRAFT" });
        assert!(
            is_replaced(&shown, COVERS, 5, Value::Text("DRAFT"))
                && is_replaced(&shown, COVERS, 5, Value::Text("Draft"))
        );
        assert!(!is_replaced(&shown, COVERS, 5, Value::Text("FINALIZED")));
        assert!(!is_replaced(&table(Class::Incremental), COVERS, 5, Value::None));
    }
}
