//! `months_through` and `days_through`: lists of days from one to another, in all years from 1 to 9999.

use std::sync::{Arc, LazyLock};

use chrono::{Datelike, Months};
use datafusion::arrow::array::{Array, ArrayRef, Date32Builder, ListBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::months::{date, days_of, moment_type, of_date};

/// The longest list: ten thousand years of months, three hundred of days.
const MOST: i64 = 120_000;

static MONTHS: LazyLock<Documentation> =
    LazyLock::new(|| documentation("months_through", "The first days of the months"));
static DAYS: LazyLock<Documentation> = LazyLock::new(|| documentation("days_through", "The days"));

fn documentation(name: &str, what: &str) -> Documentation {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_DATETIME,
        format!("{what} from that of one moment to that of another, both included, as a list; an empty one where the other is \
                 earlier, null where one is null."),
        format!("unnest({name}(starting_at, last_day))"),
    )
    .with_argument("first", "A date, or a timestamp in UTC.")
    .with_argument("last", "The same.")
    .build()
}

/// The scalar functions `months_through(first, last)` and `days_through(first, last)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DaysThrough {
    is_by_month: bool,
    signature: Signature,
}

impl DaysThrough {
    /// `months_through`.
    pub(super) fn months() -> Self {
        Self { is_by_month: true, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// `days_through`.
    pub(super) fn days() -> Self {
        Self { is_by_month: false, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn list(&self, first: i32, last: i32) -> Result<Vec<i32>> {
        if !self.is_by_month {
            return Ok((first..=last).collect());
        }
        let mut month = date(first)?.with_day(1).unwrap_or_default();
        let last = date(last)?;
        let mut months = Vec::new();
        while month <= last {
            months.push(of_date(month));
            match month.checked_add_months(Months::new(1)) {
                Some(next) => month = next,
                None => break,
            }
        }
        Ok(months)
    }
}

impl ScalarUDFImpl for DaysThrough {
    fn name(&self) -> &str {
        if self.is_by_month { "months_through" } else { "days_through" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [first, last] => Ok(vec![moment_type(self.name(), first)?, moment_type(self.name(), last)?]),
            _ => plan_err!("{} takes two arguments, not {}", self.name(), given.len()),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Date32, true))))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [first, last] = given.args.as_slice() else { return exec_err!("{} takes two arguments", self.name()) };
        let (first, last) =
            (days_of(&first.to_array(given.number_rows)?)?, days_of(&last.to_array(given.number_rows)?)?);
        let mut lists = ListBuilder::new(Date32Builder::new());
        for row in 0..given.number_rows {
            if first.is_null(row) || last.is_null(row) {
                lists.append_null();
                continue;
            }
            let (first, last) = (first.value(row), last.value(row));
            if !self.is_by_month && i64::from(last) - i64::from(first) > MOST {
                let (first, last) = (date(first)?, date(last)?);
                return exec_err!("{}: from {first} to {last} are more than {MOST} days", self.name());
            }
            lists.values().append_slice(&self.list(first, last)?);
            lists.append(true);
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish()) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(if self.is_by_month { &MONTHS } else { &DAYS })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, rows, session, value};

    async fn list(sql: &str) -> Vec<String> {
        rows(&session(1), &format!("select unnest({sql}) as day order by day")).await.unwrap()
    }

    #[tokio::test]
    async fn months_run_from_that_of_the_first_day_through_that_of_the_last() {
        let months = list("months_through(date '2023-12-31', date '2024-02-01')").await;
        assert_eq!(months, ["2023-12-01", "2024-01-01", "2024-02-01"]);
        let end = "cast('9999-12-31T23:59:59.999999Z' as timestamp(6) with time zone)";
        assert_eq!(list(&format!("months_through(date '9999-11-15', {end})")).await, ["9999-11-01", "9999-12-01"]);
        assert!(list("months_through(date '2024-02-01', date '2024-01-31')").await.is_empty());
        assert_eq!(value("select months_through(null, date '2024-01-31')").await.unwrap(), "null");
        let count = "select array_length(months_through(date '0001-01-01', date '9999-12-31'))";
        assert_eq!(value(count).await.unwrap(), "119988");
    }

    #[tokio::test]
    async fn days_run_through_the_last_and_a_list_of_millions_is_refused() {
        assert_eq!(
            list("days_through(date '2024-02-28', date '2024-03-01')").await,
            ["2024-02-28", "2024-02-29", "2024-03-01"]
        );
        assert!(
            refusal("select days_through(date '0001-01-01', date '9999-12-31')")
                .await
                .contains("more than 120000 days")
        );
    }
}
