//! `name_matches` and `names_of`: lists of names and patterns as people give them for a parameter.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, BooleanArray, ListBuilder, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::json_text::{Texts, text_arguments};
use crate::value::names::Names;

static MATCHES: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING,
        "Whether a name is one of a list such as `A1 Company, B*, \"Acme, Inc.\"`: commas part the names, `*` stands for any \
         letters, in quotes both stand for themselves; null for null.",
        "name_matches(customer_name, 'A*, B1 Company')",
    )
    .with_argument("name", "The name, compared letter for letter.")
    .with_argument("names", "The list.")
    .build()
});

static OF: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_STRING,
        "The names and patterns of a list as `name_matches` reads it, a list of texts; null for null.",
        "unnest(names_of('A*, B1 Company'))",
    )
    .with_argument("names", "The list.")
    .build()
});

/// The scalar function `name_matches(name, names)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct NameMatches {
    signature: Signature,
}

/// The scalar function `names_of(names)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct NamesOf {
    signature: Signature,
}

impl NameMatches {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl NamesOf {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for NameMatches {
    fn name(&self) -> &str {
        "name_matches"
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

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [name, names] = given.args.as_slice() else {
            return exec_err!("{} takes 2 arguments, not {}", self.name(), given.args.len());
        };
        let (name, names) = (Texts::of(self.name(), name)?, Texts::of(self.name(), names)?);
        // A list is the same for all rows, as a parameter is, or for many.
        let mut read: Option<(&str, Names)> = None;
        let mut matches = |row: usize| {
            let (name, list) = (name.at(row)?, names.at(row)?);
            if read.as_ref().is_none_or(|(text, _)| *text != list) {
                read = Some((list, Names::parse(list)));
            }
            read.as_ref().map(|(_, names)| names.matches(name))
        };
        let found: BooleanArray = (0..given.number_rows).map(&mut matches).collect();
        Ok(ColumnarValue::Array(Arc::new(found) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&MATCHES)
    }
}

impl ScalarUDFImpl for NamesOf {
    fn name(&self) -> &str {
        "names_of"
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
        let [names] = given.args.as_slice() else {
            return exec_err!("{} takes 1 argument, not {}", self.name(), given.args.len());
        };
        let names = Texts::of(self.name(), names)?;
        let mut lists = ListBuilder::new(StringBuilder::new());
        for row in 0..given.number_rows {
            lists.append_option(names.at(row).map(|list| Names::parse(list).texts().map(Some).collect::<Vec<_>>()));
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish()) as ArrayRef))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&OF)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, rows, session};

    #[tokio::test]
    async fn names_are_compared_with_a_list_that_is_constant_or_a_column() {
        let sql = "select name_matches(name, 'A*, \"Acme, Inc.\"'), name_matches(name, list)
            from (values (1, 'A1', 'B1'), (2, 'B1', 'B1, C1'), (3, 'Acme, Inc.', '*'), (4, null, '*')) as t(n, name, list) order by n";
        assert_eq!(rows(&session(2), sql).await.unwrap(), ["true|false", "false|true", "true|true", "null|null"]);
        let error = refusal("select name_matches('A1')").await;
        assert!(error.contains("name_matches takes 2 argument(s), not 1"), "{error}");
    }

    #[tokio::test]
    async fn a_list_becomes_a_row_for_each_name() {
        let sql = "select name from (select unnest(names_of('A*, \"Acme, Inc.\"')) as name) order by name";
        assert_eq!(rows(&session(1), sql).await.unwrap(), ["\"Acme, Inc.\"", "A*"]);
    }
}
