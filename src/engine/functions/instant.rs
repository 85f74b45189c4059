//! `try_instant` and `real_instant`: instants from text as files are read, and those that stand for "never" as nothing.
//!
//! Systems write "never" as 9999-12-31, as the last instant that their clock can hold (2262, in nanoseconds) or, for one that has
//! not come yet, as the first (0001-01-01). Nothing is billed outside of the years 1900 to 2199.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, AsArray, TimestampMicrosecondArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::{Result, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::json_text::{Texts, text_arguments};
use crate::value::timestamp;

static OF_TEXT: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_DATETIME,
        "The instant that a text spells, by the rules that delivered files are read by; null where it is none.",
        "try_instant(json_text(item, 'date'))",
    )
    .with_argument("text", "Such as 2024-01-31T23:59:59Z; without a zone it is UTC.")
    .build()
});

static REAL: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_DATETIME,
        "The instant, or null where it stands for one that never comes or never was: outside of the years 1900 to 2199.",
        "real_instant(ending_before)",
    )
    .with_argument("instant", "A timestamp in UTC.")
    .build()
});

/// The scalar functions `try_instant(text)` and `real_instant(instant)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Instant {
    is_of_text: bool,
    signature: Signature,
}

impl Instant {
    /// `try_instant`.
    pub(super) fn of_text() -> Self {
        Self { is_of_text: true, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// `real_instant`.
    pub(super) fn real() -> Self {
        Self { is_of_text: false, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

fn instants() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

impl ScalarUDFImpl for Instant {
    fn name(&self) -> &str {
        if self.is_of_text { "try_instant" } else { "real_instant" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            _ if self.is_of_text => text_arguments(self.name(), 1, given),
            [DataType::Timestamp(_, Some(_)) | DataType::Null] => Ok(vec![instants()]),
            _ => plan_err!("{} takes a timestamp with a time zone, not {given:?}", self.name()),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(instants())
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [argument] = given.args.as_slice() else { return exec_err!("{} takes one argument", self.name()) };
        let found: TimestampMicrosecondArray = if self.is_of_text {
            let texts = Texts::of(self.name(), argument)?;
            (0..given.number_rows).map(|row| timestamp::parse(texts.at(row)?.as_bytes()).ok()).collect()
        } else {
            let array = cast(&argument.to_array(given.number_rows)?, &instants())?;
            let array = array.as_primitive::<TimestampMicrosecondType>();
            array
                .iter()
                .map(|micros| micros.filter(|micros| (1900..2200).contains(&timestamp::month(*micros).0)))
                .collect()
        };
        Ok(ColumnarValue::Array(Arc::new(found.with_timezone("UTC")) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(if self.is_of_text { &OF_TEXT } else { &REAL })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, value};

    #[tokio::test]
    async fn text_is_read_as_files_are() {
        for (text, instant) in [
            ("2024-02-29T00:00Z", "2024-02-29T00:00:00Z"),
            ("2024-02-29 01:02:03.123456789 UTC", "2024-02-29T01:02:03.123456Z"),
            ("9999-12-31", "9999-12-31T00:00:00Z"),
            ("tomorrow", "null"),
            ("", "null"),
        ] {
            assert_eq!(value(&format!("select try_instant('{text}')")).await.unwrap(), instant, "{text}");
        }
        assert!(refusal("select try_instant(1)").await.contains("try_instant"));
    }

    #[tokio::test]
    async fn never_is_no_instant() {
        for (text, instant) in [
            ("9999-12-31T23:59:59Z", "null"),
            ("9999-01-01T00:00:00Z", "null"),
            ("0001-01-01T00:00:00Z", "null"),
            ("2262-04-11T23:47:16Z", "null"),
            ("1899-12-31T23:59:59Z", "null"),
            ("1900-01-01T00:00:00Z", "1900-01-01T00:00:00Z"),
            ("2199-12-31T23:59:59Z", "2199-12-31T23:59:59Z"),
        ] {
            let sql = format!("select real_instant(cast('{text}' as timestamp(6) with time zone))");
            assert_eq!(value(&sql).await.unwrap(), instant, "{text}");
        }
    }
}
