//! `month_of` and `add_months`: the calendar of months in all years from 1 to 9999.
//!
//! The engine's own `date_trunc` and its series of dates go through nanoseconds, which end in the year 2262; `9999-12-31` is how
//! many systems write "never".

use std::sync::{Arc, LazyLock};

use chrono::{Datelike, Months, NaiveDate};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, exec_datafusion_err, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use crate::value::timestamp::MICROS_PER_DAY;

static MONTH_OF: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_DATETIME,
        "The first day of the month that a day or an instant (UTC) lies in; null for null.",
        "month_of(issued_at)",
    )
    .with_argument("moment", "A date, or a timestamp in UTC.")
    .build()
});

static ADD_MONTHS: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_DATETIME,
        "The same day some months later, or earlier for a negative number; the last of the month where it has no such day.",
        "add_months(month, 1)",
    )
    .with_argument("day", "A date.")
    .with_argument("months", "A whole number.")
    .build()
});

/// The scalar function `month_of(moment)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MonthOf {
    signature: Signature,
}

impl MonthOf {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for MonthOf {
    fn name(&self) -> &str {
        "month_of"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [moment] => Ok(vec![moment_type(self.name(), moment)?]),
            _ => plan_err!("{} takes one argument, not {}", self.name(), given.len()),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [moments] = given.args.as_slice() else { return exec_err!("{} takes one argument", self.name()) };
        let days = days_of(&moments.to_array(given.number_rows)?)?;
        let month = |day: i32| Ok(of_date(date(day)?.with_day(1).unwrap_or_default()));
        let months = days.iter().map(|day| day.map(month).transpose()).collect::<Result<Date32Array>>()?;
        Ok(ColumnarValue::Array(Arc::new(months) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&MONTH_OF)
    }
}

/// The scalar function `add_months(day, months)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct AddMonths {
    signature: Signature,
}

impl AddMonths {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for AddMonths {
    fn name(&self) -> &str {
        "add_months"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [DataType::Date32 | DataType::Null, months] if months.is_integer() || months.is_null() => {
                Ok(vec![DataType::Date32, DataType::Int64])
            }
            _ => plan_err!("{} takes a date and a whole number, not {given:?}", self.name()),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [days, months] = given.args.as_slice() else { return exec_err!("{} takes two arguments", self.name()) };
        let (days, months) = (days.to_array(given.number_rows)?, months.to_array(given.number_rows)?);
        let moved = |(day, months): (Option<i32>, Option<i64>)| {
            day.zip(months).map(|(day, months)| shift(day, months)).transpose()
        };
        let pairs = days.as_primitive::<Date32Type>().iter().zip(months.as_primitive::<Int64Type>().iter());
        let moved = pairs.map(moved).collect::<Result<Date32Array>>()?;
        Ok(ColumnarValue::Array(Arc::new(moved) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&ADD_MONTHS)
    }
}

/// What a function of days takes: a date, or an instant, which is in microseconds and UTC.
pub(super) fn moment_type(name: &str, given: &DataType) -> Result<DataType> {
    match given {
        DataType::Date32 | DataType::Null => Ok(DataType::Date32),
        DataType::Timestamp(_, Some(_)) => Ok(DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))),
        other => plan_err!("{name} takes a date or a timestamp with a time zone, not {other}"),
    }
}

/// The days that dates are or instants lie in, UTC.
pub(super) fn days_of(moments: &ArrayRef) -> Result<Date32Array> {
    match moments.data_type() {
        DataType::Date32 => Ok(moments.as_primitive::<Date32Type>().clone()),
        _ => {
            let instants = cast(moments, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
            let instants = instants.as_primitive::<TimestampMicrosecondType>();
            let day = |micros: i64| {
                i32::try_from(micros.div_euclid(MICROS_PER_DAY))
                    .map_err(|_| exec_datafusion_err!("an instant lies on no day of the calendar"))
            };
            instants.iter().map(|micros| micros.map(day).transpose()).collect()
        }
    }
}

/// The day of this number since 1970.
pub(super) fn date(day: i32) -> Result<NaiveDate> {
    NaiveDate::from_epoch_days(day).ok_or_else(|| exec_datafusion_err!("day {day} since 1970 is not in the calendar"))
}

/// Its number since 1970.
pub(super) fn of_date(date: NaiveDate) -> i32 {
    date.to_epoch_days()
}

fn shift(day: i32, months: i64) -> Result<i32> {
    let (from, count) = (date(day)?, u32::try_from(months.unsigned_abs()).unwrap_or(u32::MAX));
    let moved = if months < 0 {
        from.checked_sub_months(Months::new(count))
    } else {
        from.checked_add_months(Months::new(count))
    };
    moved.map(of_date).ok_or_else(|| exec_datafusion_err!("{months} months from {from} is not in the calendar"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, value};

    #[tokio::test]
    async fn a_month_is_that_of_the_day_in_every_year() {
        for (moment, month) in [
            ("date '2024-02-29'", "2024-02-01"),
            ("date '9999-12-31'", "9999-12-01"),
            ("date '0001-01-01'", "0001-01-01"),
            ("cast('2024-02-29T23:59:59.999999Z' as timestamp(6) with time zone)", "2024-02-01"),
            ("cast('2262-05-01T00:00:00Z' as timestamp(6) with time zone)", "2262-05-01"),
            ("cast('9999-12-31T23:59:59Z' as timestamp(6) with time zone)", "9999-12-01"),
            ("cast('1969-12-31T23:59:59Z' as timestamp(6) with time zone)", "1969-12-01"),
            ("null", "null"),
        ] {
            assert_eq!(value(&format!("select month_of({moment})")).await.unwrap(), month, "{moment}");
        }
        assert!(refusal("select month_of(1)").await.contains("takes a date or a timestamp"));
    }

    #[tokio::test]
    async fn months_are_added_and_taken_away_within_the_calendar() {
        for (day, months, expected) in [
            ("2024-01-31", 1, "2024-02-29"),
            ("2024-03-01", -1, "2024-02-01"),
            ("9999-11-01", 1, "9999-12-01"),
            ("2024-01-01", 0, "2024-01-01"),
        ] {
            let sql = format!("select add_months(date '{day}', {months})");
            assert_eq!(value(&sql).await.unwrap(), expected, "{sql}");
        }
        assert!(refusal("select add_months(date '2024-01-01', 9999999999)").await.contains("not in the calendar"));
    }
}
