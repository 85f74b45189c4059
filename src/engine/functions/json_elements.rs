//! `json_elements`: the texts of a JSON array's elements, numbers as they were written.
//!
//! Schedules and ledgers of an export are arrays in a text column. With this function and `unnest` they become rows:
//!
//! ```sql
//! select balance_id, unnest(json_elements(ledger)) as entry,
//!     unnest(range(0, array_length(json_elements(ledger)))) as entry_number
//! from balances
//! ```

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, ListBuilder, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::exact::miscounted;
use super::json_text::{Texts, text_arguments};
use crate::value::json::elements;

const NAME: &str = "json_elements";

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING,
        "The elements of a JSON array, a list of texts in the array's order: a string's characters, any other value as it \
         is written, null for null; null when the text is no JSON array.",
        "unnest(json_elements(ledger))",
    )
    .with_argument("json", "The text of a JSON array.")
    .build()
});

/// The scalar function `json_elements(json)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct JsonElements {
    signature: Signature,
}

impl JsonElements {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for JsonElements {
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
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [json] = given.args.as_slice() else {
            return exec_err!("{}", miscounted(NAME, 1, given.args.len()));
        };
        let texts = Texts::of(NAME, json)?;
        let is_constant = matches!(texts, Texts::Constant(_));
        let rows = if is_constant { 1 } else { given.number_rows };
        let mut lists = ListBuilder::with_capacity(StringBuilder::new(), rows);
        for row in 0..rows {
            match texts.at(row).and_then(elements) {
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
        Some(&DOCUMENTATION)
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
}
