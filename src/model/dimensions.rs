//! `[dimensions]` as columns: what other systems call the customer or contract of a row, behind the columns of each report
//! that names one.
//!
//! No report knows of it. Its query is joined with `int_dimensions_told` once for each column, so a report that is added
//! later, or that a project makes, has them too, and `etl explain` finds the customer's file and row.

use std::fmt::Write as _;

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{Expr, OrderBy, OrderByKind, Query, Statement as SqlStatement, Value};

use super::{HeaderColumn, Layer, Model, SqlType};
use crate::error::{Error, Result};
use crate::settings::{Dimension, Owner};

/// What is said of each customer and contract.
const TOLD: &str = "int_dimensions_told";

/// Puts the columns behind those of a report; one that names neither customer nor contract, and what is no report, stays.
///
/// # Errors
/// Usage (exit 2) when the report has a column of this name.
pub(super) fn attach(model: &mut Model, dimensions: &[Dimension]) -> Result<()> {
    if model.layer != Layer::Marts {
        return Ok(());
    }
    let has = |name: &str| model.header.columns.iter().any(|column| column.name == name);
    let (customer, contract) = (has("customer_id"), has("contract_id"));
    let (mut columns, mut selected, mut joined) = (Vec::new(), String::new(), String::new());
    for (place, dimension) in dimensions.iter().enumerate() {
        let found_by = match dimension.owner {
            Owner::Customer if customer => "customer_id",
            Owner::Customer | Owner::Contract if contract => "contract_id",
            Owner::Customer | Owner::Contract => continue,
        };
        let name = &dimension.name;
        if has(name) {
            return Err(Error::usage(format!("{} is a column of the report {} already", dimension.by, model.name))
                .hint("call it otherwise: it stands beside the columns of every report with a customer or contract"));
        }
        // Writing to memory does not fail.
        let _ = write!(selected, ", told_{place}.{name}");
        let _ = write!(
            joined,
            " left join (select owner_id, dimension_value as {name} from {TOLD} \
             where dimension_name = '{name}' and found_by = '{found_by}') as told_{place} \
             on made.{found_by} = told_{place}.owner_id"
        );
        let (path, owner) = (&dimension.path, dimension.owner.word());
        columns.push(HeaderColumn {
            name: name.clone(),
            kind: SqlType::Text,
            nullable: true,
            unit: None,
            doc: format!("what the {owner} says: {path}"),
        });
    }
    if columns.is_empty() {
        return Ok(());
    }
    let (made, order) = split_order(&model.sql)?;
    model.sql = format!("select made.*{selected} from ({made}) as made{joined}{order}");
    model.header.columns.extend(columns);
    model.reads.insert((None, TOLD.to_owned()));
    Ok(())
}

/// A query and its order, apart. An order by what is no column of the query stays where it is: rows are then ordered as those of
/// a report without one.
fn split_order(sql: &str) -> Result<(String, String)> {
    let mut query = parsed(sql)?;
    let is_lifted = query.order_by.as_ref().is_some_and(is_by_columns);
    let order = query.order_by.as_ref().filter(|_| is_lifted).map_or(String::new(), |order| format!(" {order}"));
    if is_lifted && query.limit_clause.is_none() && query.fetch.is_none() {
        query.order_by = None;
    }
    Ok((query.to_string(), order))
}

fn parsed(sql: &str) -> Result<Query> {
    let wrong = || Error::failed("a model that was read before is no query".to_owned());
    match DFParser::parse_sql(sql).ok().and_then(|mut statements| statements.pop_front()) {
        Some(Statement::Statement(statement)) => match *statement {
            SqlStatement::Query(query) => Ok(*query),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

/// Whether rows are ordered by columns, by their names or places.
fn is_by_columns(order: &OrderBy) -> bool {
    let is_column = |by: &Expr| match by {
        Expr::Identifier(_) => true,
        Expr::Value(value) => matches!(value.value, Value::Number(..)),
        _ => false,
    };
    match &order.kind {
        OrderByKind::Expressions(by) => by.iter().all(|by| is_column(&by.expr)),
        OrderByKind::All(_) => true,
    }
}
