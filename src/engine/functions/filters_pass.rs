//! `filters_pass`: whether an event is one of those that a billable metric counts.
//!
//! In SQL it took a row for each event, filter and value, and a group of them for each event, which no memory holds.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, BooleanArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::hash_utils::RandomState;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::exact::miscounted;
use super::json_text::{Texts, text_arguments};
use crate::value::filters::{Filters, Properties};

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING,
        "Whether an event's properties pass all property filters of a billable metric: `exists`, `in_values` (however case, \
         blanks, `×` and `*` are written) and `not_in_values`. No filters let all pass; null properties have no member.",
        "filters_pass(property_filters, properties)",
    )
    .with_argument("filters", "The text of a JSON list of filters.")
    .with_argument("properties", "The text of a JSON object.")
    .build()
});

/// The scalar function `filters_pass(filters, properties)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct FiltersPass {
    signature: Signature,
}

impl FiltersPass {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for FiltersPass {
    fn name(&self) -> &str {
        "filters_pass"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        text_arguments(self.name(), 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [filters, properties] = given.args.as_slice() else {
            return exec_err!("{}", miscounted(self.name(), 2, given.args.len()));
        };
        let (filters, properties) = (Texts::of(self.name(), filters)?, Texts::of(self.name(), properties)?);
        // There are as many lists as metrics, and an event stands in a row for each that it may count for.
        let mut lists: HashMap<&str, Filters, RandomState> = HashMap::default();
        let (mut told, mut event) = ("", Properties::default());
        let mut pass = |row: usize| {
            let Some(list) = filters.at(row) else { return true };
            let json = properties.at(row).unwrap_or_default();
            if json != told {
                (told, event) = (json, Properties::read(json));
            }
            lists.entry(list).or_insert_with(|| Filters::parse(list)).pass(&event)
        };
        let found: BooleanArray = (0..given.number_rows).map(|row| Some(pass(row))).collect();
        Ok(ColumnarValue::Array(Arc::new(found) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{rows, session};

    #[tokio::test]
    async fn each_event_is_held_against_the_filters_beside_it_and_null_has_none() {
        let sql = r#"select filters_pass(filters, properties) from (values
            (1, '[{"name":"a","in_values":["x"]}]', '{"a":"X"}'),
            (2, '[{"name":"a","in_values":["x"]}]', '{"a":"y"}'),
            (3, null, '{"a":"y"}'),
            (4, '[{"name":"a","exists":false}]', null),
            (5, '[{"name":"a","exists":true}]', null)
        ) as t(n, filters, properties) order by n"#;
        assert_eq!(rows(&session(2), sql).await.unwrap(), ["true", "false", "true", "true", "false"]);
    }
}
