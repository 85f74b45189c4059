//! `currency_digits`: how many digits behind the point a currency has, by ISO 4217.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};
use iso_currency::Currency;

use super::json_text::{Texts, text_arguments};

const NAME: &str = "currency_digits";

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_OTHER,
        "How many digits behind the point amounts of a currency have, by ISO 4217; null where the text is no currency's code.",
        "money_round(amount, currency_digits(currency))",
    )
    .with_argument("currency", "Such as USD.")
    .build()
});

/// The scalar function `currency_digits(currency)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct CurrencyDigits {
    signature: Signature,
}

impl CurrencyDigits {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for CurrencyDigits {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        text_arguments(NAME, 1, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [argument] = given.args.as_slice() else { return exec_err!("{NAME} takes one argument") };
        let texts = Texts::of(NAME, argument)?;
        let digits = |row| Some(i64::from(Currency::from_code(texts.at(row)?)?.exponent()?));
        let found: Int64Array = (0..given.number_rows).map(digits).collect();
        Ok(ColumnarValue::Array(Arc::new(found) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::value;

    #[tokio::test]
    async fn a_currency_has_the_digits_of_its_minor_unit_and_other_texts_have_none() {
        for (text, digits) in
            [("'USD'", "2"), ("'JPY'", "0"), ("'KWD'", "3"), ("'usd'", "null"), ("'credits'", "null"), ("''", "null")]
        {
            assert_eq!(value(&format!("select currency_digits({text})")).await.as_deref(), Ok(digits), "{text}");
        }
        // No currency, and gold, which has no minor unit.
        assert_eq!(value("select currency_digits(cast(null as varchar))").await.as_deref(), Ok("null"));
        assert_eq!(value("select currency_digits('XAU')").await.as_deref(), Ok("null"));
    }
}
