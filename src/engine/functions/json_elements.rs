//! `json_elements` and `json_keys`: the texts of a JSON array's elements, numbers as they were written, and the names of an
//! object's members.
//!
//! Schedules and ledgers of an export are arrays in a text column. With this function and `unnest` they become rows:
//!
//! ```sql
//! select balance_id, unnest(json_elements(ledger)) as entry,
//!     unnest(range(0, array_length(json_elements(ledger)))) as entry_number
//! from balances
//! ```

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, ListBuilder, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::json_text::{Texts, text_arguments};
use crate::value::json::{elements, keys};

static KEYS: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING,
        "The names of the members of a JSON object, a list of texts in its order; null when the text is no JSON object.",
        "unnest(json_keys(properties))",
    )
    .with_argument("json", "The text of a JSON object.")
    .build()
});

static ELEMENTS: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING,
        "The elements of a JSON array, a list of texts in the array's order: a string's characters, any other value as it \
         is written, null for null; null when the text is no JSON array.",
        "unnest(json_elements(ledger))",
    )
    .with_argument("json", "The text of a JSON array.")
    .build()
});

/// The scalar functions `json_elements(json)` and `json_keys(json)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JsonElements {
    is_of_object: bool,
    signature: Signature,
}

impl JsonElements {
    /// `json_elements`.
    pub(super) fn of_array() -> Self {
        Self { is_of_object: false, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// `json_keys`.
    pub(super) fn of_object() -> Self {
        Self { is_of_object: true, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// The texts of a list.
    fn texts<'a>(&self, json: &'a str) -> Option<Vec<Option<Cow<'a, str>>>> {
        match self.is_of_object {
            true => Some(keys(json)?.into_iter().map(Some).collect()),
            false => elements(json),
        }
    }
}

impl ScalarUDFImpl for JsonElements {
    fn name(&self) -> &str {
        if self.is_of_object { "json_keys" } else { "json_elements" }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        text_arguments(self.name(), 1, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [json] = given.args.as_slice() else {
            return exec_err!("{} takes 1 argument(s), not {}", self.name(), given.args.len());
        };
        let texts = Texts::of(self.name(), json)?;
        let is_constant = matches!(texts, Texts::Constant(_));
        let rows = if is_constant { 1 } else { given.number_rows };
        let mut lists = ListBuilder::with_capacity(StringBuilder::new(), rows);
        for row in 0..rows {
            match texts.at(row).and_then(|json| self.texts(json)) {
                Some(elements) => lists.append_value(elements),
                None => lists.append_null(),
            }
        }
        let lists: ArrayRef = Arc::new(lists.finish());
        if is_constant {
            return ScalarValue::try_from_array(&lists, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(lists))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(if self.is_of_object { &KEYS } else { &ELEMENTS })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, rows, session, value};

    const ENTRIES: &str = r#"(values
        ('a', '[{"n": 1.50, "s": "]"}, {"n": -2e1}]'), ('b', '[]'), ('c', null), ('d', '{"n": 1}'), ('e', '[null, "x\"y", 7]')
    ) as t(id, json)"#;

    #[tokio::test]
    async fn every_kind_of_text_becomes_a_list() {
        for kind in ["Utf8", "LargeUtf8", "Utf8View"] {
            let sql = format!("select id, json_elements(arrow_cast(json, '{kind}')) from {ENTRIES} order by id");
            let lists = rows(&session(2), &sql).await.unwrap();
            let expected = [r#"a|[{"n": 1.50, "s": "]"}, {"n": -2e1}]"#, "b|[]", "c|null", "d|null", r#"e|[, x"y, 7]"#];
            assert_eq!(lists, expected, "{kind}");
        }
        assert_eq!(value("select json_elements('[1.10, 2]')").await.unwrap(), "[1.10, 2]");
        assert_eq!(value("select json_elements(null)").await.unwrap(), "null");
        assert_eq!(value("select json_elements('[\"a\"]')[1]").await.unwrap(), "a");
        let error = refusal("select json_elements(1)").await;
        assert!(error.contains("json_elements takes text, not Int64"), "{error}");
    }

    #[tokio::test]
    async fn elements_become_rows_with_their_place_and_a_filter_meets_them_not_the_arrays() {
        let context = session(4);
        let sql = format!(
            "create view entries as select id, unnest(json_elements(json)) as entry,
                unnest(range(0, array_length(json_elements(json)))) as place from {ENTRIES}"
        );
        rows(&context, &sql).await.unwrap();
        let all = rows(&context, "select * from entries order by id, place").await.unwrap();
        assert_eq!(all, [r#"a|{"n": 1.50, "s": "]"}|0"#, r#"a|{"n": -2e1}|1"#, "e|null|0", "e|x\"y|1", "e|7|2"]);
        let sql = "select id, place, exact_decimal(json_text(entry, 'n')) from entries
            where json_text(entry, 'n') is not null and id <> 'e' and place > 0";
        assert_eq!(rows(&context, sql).await.unwrap(), ["a|1|-20.000000000000000000"]);
        let sql = "select id, count(*) from entries where entry is not null group by id order by id";
        assert_eq!(rows(&context, sql).await.unwrap(), ["a|2", "e|2"]);
    }

    #[tokio::test]
    async fn keys_are_those_of_an_object_in_its_order() {
        assert_eq!(
            value(r#"select json_keys('{"b": 1, "a": {"c": 2}, "\u0061b": null}')"#).await.unwrap(),
            "[b, a, ab]"
        );
        for json in ["[1]", "1", "{", ""] {
            assert_eq!(value(&format!("select json_keys('{json}')")).await.unwrap(), "null", "{json}");
        }
    }
}
