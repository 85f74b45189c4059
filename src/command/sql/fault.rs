//! What is wrong with a query, in words for who wrote it.
//!
//! A fault of the query is a usage error, whether it shows when the query is planned or at its thousandth row; what the
//! machine or the lake is at fault for keeps its own kind.

use std::ops::ControlFlow;

use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::logical_expr::expr::{Between, BinaryExpr, InList};
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator};
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{Select, SelectFlavor, Visit, Visitor};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::names;
use crate::engine::Engine;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Models;

const DATES: &str = "a date is written in quotes: '2024-03-01'";

/// A query that cannot be planned.
pub fn unplanned(error: &DataFusionError, models: &Models) -> Error {
    let words = words(error);
    if let Some(table) = words.strip_prefix("table '").and_then(|rest| rest.strip_suffix("' not found")) {
        return names::no_table(table, models);
    }
    explained(Error::usage(format!("the query cannot be planned: {words}")), &words)
}

/// A query that failed while it ran.
pub fn failed(error: &DataFusionError, engine: &Engine) -> Error {
    let failure = engine.query_failed("the query", error);
    if failure.kind() != ErrorKind::Failed {
        return failure;
    }
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            failure.hint("ask for fewer rows or columns, or give queries more with `memory` under [limits]")
        }
        root if is_of_query(root) => {
            let words = words(error);
            explained(Error::usage(format!("the query failed: {words}")), &words)
        }
        _ => failure,
    }
}

/// Whether the query is at fault and not the machine.
fn is_of_query(root: &DataFusionError) -> bool {
    match root {
        DataFusionError::SQL(..)
        | DataFusionError::Plan(_)
        | DataFusionError::SchemaError(..)
        | DataFusionError::NotImplemented(_)
        | DataFusionError::Configuration(_)
        | DataFusionError::Execution(_) => true,
        DataFusionError::ArrowError(error, _) => !matches!(
            **error,
            ArrowError::IoError(..)
                | ArrowError::MemoryError(_)
                | ArrowError::ParquetError(_)
                | ArrowError::IpcError(_)
                | ArrowError::ExternalError(_)
        ),
        // What functions pass on, such as a pattern that is none.
        DataFusionError::External(error) => !error.is::<std::io::Error>(),
        _ => false,
    }
}

/// The engine's message without the names of its kinds of errors, on one line.
fn words(error: &DataFusionError) -> String {
    const KINDS: [&str; 8] = [
        "Error during planning: ",
        "Schema error: ",
        "Execution error: ",
        "External error: ",
        "Arrow error: ",
        "Cast error: ",
        "Parser error: ",
        "Compute error: ",
    ];
    let root = error.find_root();
    if let DataFusionError::SQL(error, _) = root {
        return error.to_string().trim_start_matches("sql parser error: ").to_owned();
    }
    let text = root.strip_backtrace();
    // All columns, or all ways to call a function, are too much where a near one is named.
    let is_too_much = |line: &str| {
        line.starts_with("Candidate functions") || (line.starts_with("Valid fields") && text.contains("Did you mean"))
    };
    let lines = text.lines().map(str::trim).take_while(|line| !is_too_much(line));
    let text = lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ");
    let mut words = text.as_str();
    while let Some(rest) = KINDS.iter().find_map(|kind| words.strip_prefix(kind)) {
        words = rest;
    }
    words.to_owned()
}

fn explained(error: Error, words: &str) -> Error {
    let is_of_date = ["of Date32 type", "parsing timestamp", "parsing date"].iter().any(|part| words.contains(part));
    if is_of_date { error.hint(DATES) } else { error }
}

/// Refuses `from t` without `select`: the rows would come without any column, and `from t where …` cannot be read at all.
///
/// # Errors
/// Usage (exit 2).
pub fn require_select(sql: &str) -> Result<()> {
    struct Reader;
    impl Visitor for Reader {
        type Break = String;

        fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<String> {
            match select.flavor {
                SelectFlavor::FromFirstNoSelect => ControlFlow::Break(select.to_string()),
                _ => ControlFlow::Continue(()),
            }
        }
    }
    let refuse = |hint: String| Err(Error::usage("`from` without `select` shows no column").hint(hint));
    let Ok(statements) = DFParser::parse_sql(sql) else {
        // What cannot be parsed for other reasons is told when it is planned.
        return if begins_with_from(sql) { refuse("begin with `select * from`".to_owned()) } else { Ok(()) };
    };
    for statement in statements {
        if let Statement::Statement(statement) = statement
            && let ControlFlow::Break(found) = statement.visit(&mut Reader)
        {
            return refuse(format!("write `select * from {}`", found.trim_start_matches("FROM ")));
        }
    }
    Ok(())
}

fn begins_with_from(sql: &str) -> bool {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize().unwrap_or_default();
    let first = tokens.iter().find(|token| !matches!(token, Token::Whitespace(_)));
    matches!(first, Some(Token::Word(word)) if word.keyword == Keyword::FROM)
}

/// Refuses to compare a date or an instant with a number: `2024-03` is a difference, the number 2021.
///
/// # Errors
/// Usage (exit 2), showing the comparison.
pub fn refuse_dates_as_numbers(plan: &LogicalPlan) -> Result<()> {
    let mut found = None;
    let walked = plan.apply_with_subqueries(|node| {
        let schema = merge_schema(&node.inputs());
        node.apply_expressions(|expression| {
            expression.apply(|expression| {
                if found.is_none() && compares_date_with_number(expression, &schema) {
                    found = Some(expression.human_display().to_string());
                }
                Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
            })
        })
    });
    match (found, walked) {
        (Some(comparison), _) => Err(Error::usage(format!("`{comparison}` compares a date with a number")).hint(DATES)),
        (None, Err(error)) => Err(Error::usage(format!("the query cannot be planned: {}", words(&error)))),
        (None, Ok(_)) => Ok(()),
    }
}

fn is_comparison(operator: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}

fn compares_date_with_number(expression: &Expr, schema: &DFSchema) -> bool {
    let (one, others): (&Expr, Vec<&Expr>) = match expression {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_comparison(*op) => (left, vec![right]),
        Expr::Between(Between { expr, low, high, .. }) => (expr, vec![low, high]),
        Expr::InList(InList { expr, list, .. }) => (expr, list.iter().collect()),
        _ => return false,
    };
    let is =
        |expression: &Expr, kind: fn(&DataType) -> bool| expression.get_type(schema).is_ok_and(|found| kind(&found));
    let is_date = |expression: &Expr| {
        is(expression, |kind| matches!(kind, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)))
    };
    let is_number = |expression: &Expr| is(expression, DataType::is_numeric);
    others.iter().any(|other| (is_date(one) && is_number(other)) || (is_number(one) && is_date(other)))
}
