//! `date_in_zone`: the day that an instant falls on, in a time zone.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Date32Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::arrow::temporal_conversions::as_datetime_with_timezone;
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

const NAME: &str = "date_in_zone";

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_DATETIME,
        "The day that an instant falls on in a time zone, by the zone's rules of that day; null for null.",
        "date_in_zone(issued_at, 'America/New_York')",
    )
    .with_argument("instant", "A timestamp in UTC.")
    .with_argument("zone", "The zone's IANA name, or an offset such as +02:00; one for all rows.")
    .build()
});

/// The scalar function `date_in_zone(instant, zone)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DateInZone {
    signature: Signature,
}

impl DateInZone {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

fn instants() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

impl ScalarUDFImpl for DateInZone {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [DataType::Timestamp(_, Some(_)) | DataType::Null, zone] if zone.is_string() || zone.is_null() => {
                Ok(vec![instants(), DataType::Utf8])
            }
            _ => plan_err!("{NAME} takes a timestamp with a time zone and the name of a zone, not {given:?}"),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [moments, ColumnarValue::Scalar(zone)] = given.args.as_slice() else {
            return exec_err!("{NAME} takes one zone for all rows");
        };
        let Some(name) = zone.try_as_str().flatten() else {
            return Ok(ColumnarValue::Scalar(ScalarValue::Date32(None)));
        };
        let Ok(zone) = name.parse::<Tz>() else { return exec_err!("{name:?} is no time zone") };
        let array = cast(&moments.to_array(given.number_rows)?, &instants())?;
        let epoch = chrono::NaiveDate::default();
        let day = |micros: i64| {
            let local = as_datetime_with_timezone::<TimestampMicrosecondType>(micros, zone)?;
            i32::try_from(local.date_naive().signed_duration_since(epoch).num_days()).ok()
        };
        let days: Date32Array =
            array.as_primitive::<TimestampMicrosecondType>().iter().map(|micros| micros.and_then(day)).collect();
        if days.null_count() > array.null_count() {
            return exec_err!("an instant is on no day of the time zone {name}");
        }
        Ok(ColumnarValue::Array(Arc::new(days) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, value};

    #[tokio::test]
    async fn an_instant_falls_on_the_day_of_the_zone_and_its_summer_time() {
        for (instant, zone, day) in [
            ("2024-04-01T00:00:00Z", "UTC", "2024-04-01"),
            ("2024-04-01T00:00:00Z", "America/New_York", "2024-03-31"),
            ("2024-04-01T03:59:59Z", "America/New_York", "2024-03-31"),
            ("2024-04-01T04:00:00Z", "America/New_York", "2024-04-01"),
            ("2024-01-01T04:30:00Z", "America/New_York", "2023-12-31"),
            ("2024-03-31T22:00:00Z", "Europe/Berlin", "2024-04-01"),
            ("2024-03-31T22:00:00Z", "+01:00", "2024-03-31"),
        ] {
            let sql = format!(
                "select date_in_zone(arrow_cast('{instant}', 'Timestamp(Microsecond, Some(\"UTC\"))'), '{zone}')"
            );
            assert_eq!(value(&sql).await.unwrap(), day, "{instant} {zone}");
        }
        assert_eq!(value("select date_in_zone(null, 'UTC')").await.unwrap(), "null");
        let zone = "select date_in_zone(arrow_cast('2024-04-01', 'Timestamp(Microsecond, Some(\"UTC\"))'), 'Mars')";
        assert!(refusal(zone).await.contains("is no time zone"));
        assert!(refusal("select date_in_zone(1, 'UTC')").await.contains("takes a timestamp"));
    }
}
