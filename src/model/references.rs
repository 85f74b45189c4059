//! What a model's SQL reads, found without planning it: its tables and its parameters.
//!
//! The order of models comes from here, so this module may know the SQL text and nothing of catalog, files or sessions.
//! It is also the gate that lets only a query through: one SELECT, no statement that changes anything.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Expr, Query, Select, SetExpr, Statement as SqlStatement, TableFactor, Value, ValueWithSpan, Visit, Visitor,
};

/// What one query reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct References {
    /// The tables it names, sorted, without its own CTEs: schema (nothing when the query gives none) and name, both as the
    /// engine folds them (lower case unless quoted).
    pub tables: BTreeSet<(Option<String>, String)>,
    /// The parameters it names, sorted, without the dollar sign and as written.
    pub parameters: BTreeSet<String>,
}

/// The tables and parameters of a query.
///
/// # Errors
/// Words for the author when the text does not parse, is not exactly one SELECT (set operations and `with` are, VALUES
/// alone is not), would change something (also inside a CTE, also `select into`), locks rows, names a table with a catalog,
/// calls a table function, or has a parameter without a name.
pub fn references(sql: &str) -> Result<References, String> {
    let statements = DFParser::parse_sql(sql).map_err(|error| format!("not valid SQL: {}", error.strip_backtrace()))?;
    let mut statements = statements.into_iter();
    let statement = match (statements.next(), statements.len()) {
        (None, _) => return Err("no statement, expected one SELECT".to_owned()),
        (Some(statement), 0) => statement,
        (Some(_), more) => return Err(format!("{} statements, expected one SELECT", more + 1)),
    };
    let query = match &statement {
        Statement::Statement(inner) => match inner.as_ref() {
            SqlStatement::Query(query) => query.as_ref(),
            _ => return Err(not_a_select(&statement)),
        },
        _ => return Err(not_a_select(&statement)),
    };
    if matches!(query.body.as_ref(), SetExpr::Values(_)) {
        return Err("VALUES alone, expected one SELECT".to_owned());
    }
    let mut reader = Reader { parameters: BTreeSet::new() };
    if let ControlFlow::Break(refusal) = query.visit(&mut reader) {
        return Err(refusal);
    }
    let (found, _) = resolve_table_references(&statement, true).map_err(|error| error.strip_backtrace())?;
    let mut tables = BTreeSet::new();
    for table in found {
        if table.catalog().is_some() {
            return Err(format!("table {table} is named with a catalog, expected schema and name"));
        }
        tables.insert((table.schema().map(ToOwned::to_owned), table.table().to_owned()));
    }
    Ok(References { tables, parameters: reader.parameters })
}

/// The tables that a query, or one that is to be explained, names; of a query that is to be run its rows are wanted. Of other
/// statements, and of what is none, there are none.
pub fn tables_asked(sql: &str) -> (BTreeSet<(Option<String>, String)>, bool) {
    let mut statements = DFParser::parse_sql(sql).unwrap_or_default();
    let (Some(statement), None) = (statements.pop_front(), statements.pop_front()) else { return Default::default() };
    let is_query = match &statement {
        Statement::Statement(inner) => matches!(inner.as_ref(), SqlStatement::Query(_)),
        _ => false,
    };
    if !is_query && !matches!(statement, Statement::Explain(_)) {
        return Default::default();
    }
    let (found, _) = resolve_table_references(&statement, true).unwrap_or_default();
    let tables = found.iter().map(|table| (table.schema().map(ToOwned::to_owned), table.table().to_owned()));
    (tables.collect(), is_query)
}

fn not_a_select(statement: &Statement) -> String {
    let text = statement.to_string();
    let verb: String = text.split_whitespace().next().unwrap_or_default().to_uppercase();
    format!("{verb} statement, expected one SELECT")
}

/// Walks the whole query, subqueries included, and stops at what a model may not do.
struct Reader {
    parameters: BTreeSet<String>,
}

impl Visitor for Reader {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        if !query.locks.is_empty() {
            return ControlFlow::Break("FOR UPDATE or FOR SHARE, expected a SELECT that only reads".to_owned());
        }
        body(&query.body)
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<String> {
        match select.into {
            Some(_) => ControlFlow::Break("SELECT INTO, expected a SELECT that only reads".to_owned()),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<String> {
        match table {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => {
                ControlFlow::Break(format!("table function {name}, expected a table"))
            }
            TableFactor::TableFunction { expr, .. } => {
                ControlFlow::Break(format!("table function {expr}, expected a table"))
            }
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_statement(&mut self, statement: &SqlStatement) -> ControlFlow<String> {
        match statement {
            SqlStatement::Query(_) => ControlFlow::Continue(()),
            other => ControlFlow::Break(format!("{other}: expected a SELECT that only reads")),
        }
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<String> {
        if let Value::Placeholder(placeholder) = &value.value {
            match placeholder.strip_prefix('$').filter(|name| !name.starts_with(|first: char| first.is_ascii_digit())) {
                Some(name) if !name.is_empty() => self.parameters.insert(name.to_owned()),
                _ => return ControlFlow::Break(format!("parameter {placeholder} has no name, expected $name")),
            };
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<String> {
        ControlFlow::Continue(())
    }
}

fn body(body: &SetExpr) -> ControlFlow<String> {
    match body {
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) | SetExpr::Table(_) => ControlFlow::Continue(()),
        SetExpr::SetOperation { left, right, .. } => {
            self::body(left)?;
            self::body(right)
        }
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => ControlFlow::Break(
            "a statement that changes data inside the query, expected a SELECT that only reads".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(sql: &str) -> Vec<String> {
        let found = references(sql).unwrap();
        found
            .tables
            .into_iter()
            .map(|(schema, name)| schema.map_or(name.clone(), |schema| format!("{schema}.{name}")))
            .collect()
    }

    #[test]
    fn tables_are_found_in_joins_subqueries_ctes_and_set_operations() {
        let sql = "with a as (select * from egress.invoice), b as (select * from a join Stg_Rates using (id))
            select x, (select max(y) from mart_a) from b where x in (select x from c) and exists (select 1 from d where d.x = b.x)
            union all select * from \"E\" order by 1";
        assert_eq!(tables(sql), ["E", "c", "d", "mart_a", "stg_rates", "egress.invoice"]);
    }

    #[test]
    fn a_cte_hides_the_table_of_its_name_except_inside_itself() {
        assert_eq!(tables("with t as (select 1 as x) select * from t"), Vec::<String>::new());
        assert_eq!(tables("with t as (select * from t) select * from t"), ["t"]);
        assert_eq!(
            tables("with recursive n as (select 1 as x union all select x + 1 from n where x < 5) select * from n"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn parameters_are_found_wherever_an_expression_may_stand() {
        let sql = "with a as (select * from t where d >= $period_start) select coalesce(x, $other) from a
            where d < $period_end and d <> $period_start limit $rows";
        let found = references(sql).unwrap();
        assert_eq!(
            found.parameters.iter().map(String::as_str).collect::<Vec<_>>(),
            ["other", "period_end", "period_start", "rows"]
        );
        assert!(references("select '$not' as \"$this\" -- $nor_this\n from t").unwrap().parameters.is_empty());
    }

    #[test]
    fn a_parameter_without_a_name_is_refused() {
        for sql in ["select $1", "select ?"] {
            assert!(references(sql).unwrap_err().contains("has no name"), "{:?}", references(sql));
        }
    }

    #[test]
    fn anything_but_one_select_is_refused_in_plain_words() {
        for (sql, words) in [
            ("", "no statement"),
            ("-- only a comment", "no statement"),
            ("select 1; select 2", "2 statements"),
            ("selec 1", "not valid SQL"),
            ("select * from", "not valid SQL"),
            ("create table t as select 1", "CREATE statement"),
            ("create external table t stored as csv location 'x'", "CREATE statement"),
            ("create view v as select 1", "CREATE statement"),
            ("drop table t", "DROP statement"),
            ("insert into t select 1", "INSERT statement"),
            ("delete from t", "DELETE statement"),
            ("update t set x = 1", "UPDATE statement"),
            ("copy (select 1) to 'x.csv'", "COPY statement"),
            ("set datafusion.execution.time_zone = 'CET'", "SET statement"),
            ("reset datafusion.execution.time_zone", "RESET statement"),
            ("explain select 1", "EXPLAIN statement"),
            ("show tables", "SHOW statement"),
            ("prepare p as select 1", "PREPARE statement"),
            ("values (1)", "VALUES alone"),
            ("with a as (insert into t select 1) select 1", "changes data"),
            ("select 1 into t", "SELECT INTO"),
            ("select * from t for update", "FOR UPDATE"),
            ("select * from other.lake.t", "named with a catalog"),
            ("select * from generate_series(1, 3)", "table function generate_series"),
        ] {
            let refusal = references(sql).expect_err(sql);
            assert!(refusal.contains(words), "{sql}: {refusal}");
        }
    }

    #[test]
    fn a_trailing_semicolon_and_comments_are_fine() {
        assert_eq!(tables("-- a report\nselect * from a.b; -- end\n"), ["a.b"]);
    }
}
