//! `json_text`: the text of one member of a JSON object, numbers as they were written.
//!
//! The engine has no JSON functions, and a general parser would read an amount into a float on the way.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, LargeStringArray, StringArray, StringBuilder, StringViewArray,
};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::exact::miscounted;
use crate::value::json::member;

const NAME: &str = "json_text";

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING,
        "The text of a top-level member of a JSON object: a string's characters, any other value as it is written; null \
         when the member is missing or null, or the text is no JSON object.",
        "json_text(properties, 'region')",
    )
    .with_argument("json", "The text of a JSON object.")
    .with_argument("key", "The member's name.")
    .build()
});

/// The scalar function `json_text(json, key)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JsonText {
    signature: Signature,
}

impl JsonText {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for JsonText {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        text_arguments(NAME, 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [json, key] = given.args.as_slice() else {
            return exec_err!("{}", miscounted(NAME, 2, given.args.len()));
        };
        let (json, key) = (Texts::of(NAME, json)?, Texts::of(NAME, key)?);
        if let (Texts::Constant(json), Texts::Constant(key)) = (&json, &key) {
            let text = json.zip(*key).and_then(|(json, key)| member(json, key)).map(Cow::into_owned);
            return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(text)));
        }
        let mut texts = StringBuilder::with_capacity(given.number_rows, given.number_rows * 8);
        for row in 0..given.number_rows {
            match (json.at(row), key.at(row)) {
                (Some(json), Some(key)) => texts.append_option(member(json, key)),
                _ => texts.append_null(),
            }
        }
        Ok(ColumnarValue::Array(Arc::new(texts.finish()) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

/// The types of text arguments as they are, null as text.
///
/// # Errors
/// A planning error that names the function and the type, when an argument is no text or there is a wrong number.
pub(super) fn text_arguments(function: &str, count: usize, given: &[DataType]) -> Result<Vec<DataType>> {
    if given.len() != count {
        return plan_err!("{}", miscounted(function, count, given.len()));
    }
    given
        .iter()
        .map(|given| match given {
            DataType::Null => Ok(DataType::Utf8),
            text if text.is_string() => Ok(text.clone()),
            other => plan_err!("{function} takes text, not {other}"),
        })
        .collect()
}

/// A text argument of any of the engine's three layouts, or one text for all rows.
pub(super) enum Texts<'a> {
    /// The same for every row.
    Constant(Option<&'a str>),
    /// 32-bit offsets.
    Short(&'a StringArray),
    /// 64-bit offsets.
    Long(&'a LargeStringArray),
    /// Views.
    View(&'a StringViewArray),
}

impl<'a> Texts<'a> {
    /// Borrows an argument.
    pub(super) fn of(function: &str, value: &'a ColumnarValue) -> Result<Self> {
        match value {
            ColumnarValue::Scalar(scalar) => match scalar.try_as_str() {
                Some(text) => Ok(Self::Constant(text)),
                None => exec_err!("{function} takes text, not {}", scalar.data_type()),
            },
            ColumnarValue::Array(array) => match array.data_type() {
                DataType::Utf8 => Ok(Self::Short(array.as_string())),
                DataType::LargeUtf8 => Ok(Self::Long(array.as_string())),
                DataType::Utf8View => Ok(Self::View(array.as_string_view())),
                other => exec_err!("{function} takes text, not {other}"),
            },
        }
    }

    /// The text of a row, nothing where it is null.
    pub(super) fn at(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Constant(text) => *text,
            Self::Short(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Long(array) => array.is_valid(row).then(|| array.value(row)),
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, rows, session, value};
    use crate::value::json::member;

    #[test]
    fn a_member_is_a_strings_characters_or_the_value_as_written() {
        let json = r#" {"a": "x\"\u00e9", "b": 1.50e2, "c": null, "d": {"a": 1}, "e": [1, 2], "f": true, "b\n": "", "g": "plain"} "#;
        assert_eq!(member(json, "a").as_deref(), Some("x\"é"));
        assert_eq!(member(json, "b").as_deref(), Some("1.50e2"));
        assert_eq!(member(json, "c"), None);
        assert_eq!(member(json, "d").as_deref(), Some(r#"{"a": 1}"#));
        assert_eq!(member(json, "e").as_deref(), Some("[1, 2]"));
        assert_eq!(member(json, "f").as_deref(), Some("true"));
        assert_eq!(member(json, "b\n").as_deref(), Some(""));
        assert_eq!(member(json, "g").as_deref(), Some("plain"));
        assert_eq!(member(json, "z"), None);
        assert_eq!(
            member(r#"{"n": 123456789012345678901234567890.123456789}"#, "n").as_deref(),
            Some("123456789012345678901234567890.123456789")
        );
        for broken in ["", "[]", "1", "{", r#"{"a": 1"#, r#"{"a": 1} x"#, "null"] {
            assert_eq!(member(broken, "a"), None, "{broken}");
        }
    }

    #[tokio::test]
    async fn every_kind_of_text_is_read_with_a_key_that_is_constant_or_a_column() {
        for kind in ["Utf8", "LargeUtf8", "Utf8View"] {
            let sql = format!("select json_text(arrow_cast(j, '{kind}'), 'a'), json_text(j, arrow_cast(k, '{kind}'))
                from (values (1, '{{\"a\": 7, \"b\": \"x\"}}', 'b'), (2, null, 'a'), (3, '{{\"a\": \"ä\"}}', null)) as t(n, j, k) order by n");
            assert_eq!(rows(&session(2), &sql).await.unwrap(), ["7|x", "null|null", "ä|null"], "{kind}");
        }
        assert_eq!(value("select json_text('{\"a\": 1.10}', 'a')").await.unwrap(), "1.10");
        assert_eq!(value("select json_text(null, 'a')").await.unwrap(), "null");
        let error = refusal("select json_text(1, 'a')").await;
        assert!(error.contains("json_text takes text, not Int64"), "{error}");
    }
}
