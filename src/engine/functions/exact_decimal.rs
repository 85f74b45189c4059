//! `exact_decimal` and `try_exact_decimal`: decimal(38, 18) from text, every digit or nothing.
//!
//! The engine's cast from text rounds what is finer than the scale and does not read exponents.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, Decimal128Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::exact::{MONEY, PRECISION, SCALE};
use super::json_text::{Texts, text_arguments};
use crate::value::decimal;

static STRICT: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_MATH,
        "The number a text spells as decimal(38, 18): exactly, or where it is the text of a double (17 significant digits at most) \
         rounded there; an error that names the text when it is none or does not fit.",
        "exact_decimal(text)",
    )
    .with_argument("text", "Digits with an optional minus, point and exponent, as in JSON.")
    .build()
});

static LENIENT: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_MATH,
        "As exact_decimal, with null in place of the error.",
        "try_exact_decimal(text)",
    )
    .with_argument("text", "Any text.")
    .build()
});

/// The scalar functions `exact_decimal(text)` and `try_exact_decimal(text)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ExactDecimal {
    strict: bool,
    signature: Signature,
}

impl ExactDecimal {
    /// `exact_decimal`.
    pub(super) fn strict() -> Self {
        Self { strict: true, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// `try_exact_decimal`.
    pub(super) fn lenient() -> Self {
        Self { strict: false, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn decimal(&self, text: &str) -> Result<Option<i128>> {
        // What is delivered in JSON is read as it is in columns: a double is rounded at the 18th digit.
        match decimal::read(text.as_bytes()) {
            Ok(read) => Ok(Some(read.units)),
            Err(reason) if self.strict => {
                Err(exec_datafusion_err!("{}: {text:?} is no decimal({PRECISION}, {SCALE}): {reason}", self.name()))
            }
            Err(_) => Ok(None),
        }
    }
}

impl ScalarUDFImpl for ExactDecimal {
    fn name(&self) -> &str {
        if self.strict { "exact_decimal" } else { "try_exact_decimal" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        text_arguments(self.name(), 1, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(MONEY)
    }

    fn return_field_from_args(&self, given: ReturnFieldArgs) -> Result<FieldRef> {
        let nullable = !self.strict || given.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), MONEY, nullable)))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [argument] = given.args.as_slice() else {
            return exec_err!("{} takes 1 argument(s), not {}", self.name(), given.args.len());
        };
        let texts = Texts::of(self.name(), argument)?;
        if let Texts::Constant(text) = texts {
            let decimal = text.map_or(Ok(None), |text| self.decimal(text))?;
            return Ok(ColumnarValue::Scalar(ScalarValue::Decimal128(decimal, PRECISION, SCALE)));
        }
        let decimals: Decimal128Array = (0..given.number_rows)
            .map(|row| texts.at(row).map_or(Ok(None), |text| self.decimal(text)))
            .collect::<Result<_>>()?;
        Ok(ColumnarValue::Array(Arc::new(decimals.with_precision_and_scale(PRECISION, SCALE)?) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(if self.strict { &STRICT } else { &LENIENT })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, rows, session, value};

    #[tokio::test]
    async fn text_becomes_the_decimal_it_spells() {
        for (text, expected) in [
            ("0", "0.000000000000000000"),
            ("-0.00", "0.000000000000000000"),
            ("12.5", "12.500000000000000000"),
            ("-12.5", "-12.500000000000000000"),
            ("007", "7.000000000000000000"),
            ("1.5E3", "1500.000000000000000000"),
            ("1e-18", "0.000000000000000001"),
            ("1.50000000000000000000000", "1.500000000000000000"),
            ("99999999999999999999.999999999999999999", "99999999999999999999.999999999999999999"),
        ] {
            assert_eq!(value(&format!("select exact_decimal('{text}')")).await.unwrap(), expected, "{text}");
            let column = format!("select try_exact_decimal(x) from (values ('{text}')) as t(x)");
            assert_eq!(value(&column).await.unwrap(), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn text_that_is_no_decimal_or_does_not_fit_is_an_error_that_names_it_or_null() {
        for text in [
            "",
            " 1",
            "1 ",
            ".",
            "1e",
            "1e+",
            "1e99999999999",
            "0x1",
            "NaN",
            "1,5",
            "--1",
            "0.1234567890123456789",
            "1e20",
            "\u{0661}",
        ] {
            let error = refusal(&format!("select exact_decimal(x) from (values ('{text}')) as t(x)")).await;
            assert!(error.contains(&format!("exact_decimal: {text:?} is no decimal(38, 18)")), "{error}");
            assert_eq!(value(&format!("select try_exact_decimal('{text}')")).await.unwrap(), "null", "{text}");
        }
    }

    #[tokio::test]
    async fn every_kind_of_text_is_read_and_null_stays_null() {
        for kind in ["Utf8", "LargeUtf8", "Utf8View"] {
            let sql = format!(
                "select exact_decimal(arrow_cast(x, '{kind}')) from (values (1, '1'), (2, null)) as t(n, x) order by n"
            );
            assert_eq!(rows(&session(2), &sql).await.unwrap(), ["1.000000000000000000", "null"], "{kind}");
            let sql = format!("select exact_decimal(arrow_cast('2.5', '{kind}'))");
            assert_eq!(value(&sql).await.unwrap(), "2.500000000000000000");
        }
        assert_eq!(value("select exact_decimal(null)").await.unwrap(), "null");
        let error = refusal("select exact_decimal(1.5)").await;
        assert!(error.contains("exact_decimal takes text, not Decimal128"), "{error}");
    }
}
