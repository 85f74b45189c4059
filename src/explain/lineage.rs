//! Which rows of what a model reads can have had part in given rows of the model.
//!
//! A condition on the model's rows is put above its plan, and the engine's own rules carry it down through joins, unions,
//! groups and renames, as far as it holds. What arrives above a table is a condition on that table's rows, together with
//! what the query itself demands of them: a row that breaks it had no part. This module sees plans, no rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, JoinType};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionState;
use datafusion::logical_expr::utils::{conjunction, disjunction, split_conjunction};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableScan};
use datafusion::optimizer::Optimizer;
use datafusion::optimizer::decorrelate_predicate_subquery::DecorrelatePredicateSubquery;
use datafusion::optimizer::eliminate_cross_join::EliminateCrossJoin;
use datafusion::optimizer::eliminate_filter::EliminateFilter;
use datafusion::optimizer::eliminate_outer_join::EliminateOuterJoin;
use datafusion::optimizer::extract_equijoin_predicate::ExtractEquijoinPredicate;
use datafusion::optimizer::propagate_empty_relation::PropagateEmptyRelation;
use datafusion::optimizer::push_down_filter::PushDownFilter;
use datafusion::optimizer::replace_distinct_aggregate::ReplaceDistinctWithAggregate;
use datafusion::optimizer::scalar_subquery_to_join::ScalarSubqueryToJoin;
use datafusion::optimizer::simplify_expressions::SimplifyExpressions;

use crate::engine::lint::analyzed;

/// What is known of the rows of a table that a model reads, for the rows asked about. Nothing, where both are empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Part {
    /// Of the reads that a condition arrived at: it, with all that the query demands there. Columns are the table's.
    pub told: Option<Expr>,
    /// Reads that none arrived at, but that are joined to some that one did.
    pub joined: Vec<Joined>,
}

/// A read whose rows are told by those they are joined to.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// What the query demands of them.
    pub demanded: Option<Expr>,
    /// The columns joined by.
    pub keys: Vec<JoinKey>,
}

/// A column that has to have one of the values of others.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinKey {
    /// The column.
    pub column: String,
    /// Where its values stand; more than one where tables were put below each other.
    pub values: Vec<Place>,
}

/// A column of the rows of a table that fulfil a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
    /// The condition.
    pub condition: Expr,
}

/// What each table in a model's plan has to do with the rows that `asked` chooses. A table that is missing has nothing to
/// do with them. Where a table is read more than once, reads that only keep rows in or out (`exists`, `not exists`) are
/// passed over beside one whose values are used, and so are reads of which nothing is known: they tell the same of every
/// row, such as whether there is any.
///
/// # Errors
/// The engine's own.
pub fn parts(
    state: &SessionState,
    plan: &LogicalPlan,
    asked: &Expr,
) -> Result<BTreeMap<String, Part>, DataFusionError> {
    let filtered = LogicalPlanBuilder::from(plan.clone()).filter(asked.clone())?.build()?;
    let always = read(&carried(state, plan.clone())?)?.into_values().flat_map(|scan| scan.conditions);
    let always: BTreeSet<String> = always.map(|condition| condition.to_string()).collect();
    let with = carried(state, filtered)?;
    let mut scans = read(&with)?;
    for scan in scans.values_mut() {
        let is_new = |condition: &Expr| !always.contains(&condition.to_string()) && tells(condition);
        scan.is_told = scan.conditions.iter().any(is_new);
    }
    let mut keys = BTreeMap::new();
    find_keys(&with, &scans, &mut keys);
    let mut parts: BTreeMap<String, [Part; 2]> = BTreeMap::new();
    for (at, scan) in scans {
        let part = &mut parts.entry(scan.table).or_default()[usize::from(scan.is_test)];
        let demanded = conjunction(scan.conditions);
        if scan.is_told {
            part.told = disjunction(part.told.take().into_iter().chain(demanded));
        } else if let Some(keys) = keys.remove(&at) {
            part.joined.push(Joined { demanded, keys });
        }
    }
    let chosen = |[used, tested]: [Part; 2]| if used == Part::default() { tested } else { used };
    Ok(parts.into_iter().map(|(table, part)| (table, chosen(part))).collect())
}

/// Whether a column of this name can say which rows are meant. A currency or a time alone is shared by rows that have
/// nothing else in common.
pub fn is_telling(name: &str) -> bool {
    let is_time = ["_at", "_before", "_date", "_month", "_day"].iter().any(|end| name.ends_with(end));
    !is_time && !["currency", "credit_type_id", "month", "day", "date"].contains(&name)
}

fn tells(condition: &Expr) -> bool {
    condition.column_refs().into_iter().any(|column| is_telling(&column.name))
}

/// One read of a table.
struct Scan {
    table: String,
    /// Whether its rows are only looked for, and none of their values goes on.
    is_test: bool,
    conditions: Vec<Expr>,
    /// Whether a condition on the rows asked about arrived at it.
    is_told: bool,
}

/// Which read it is: its place in memory, as long as the plan is there.
type At = usize;

fn at(scan: &TableScan) -> At {
    std::ptr::from_ref(scan).addr()
}

fn carried(state: &SessionState, plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    carriers().optimize(analyzed(state, plan)?, state, |_, _| {})
}

fn read(plan: &LogicalPlan) -> Result<BTreeMap<At, Scan>, DataFusionError> {
    let mut scans = BTreeMap::new();
    collect(plan, false, &mut scans)?;
    Ok(scans)
}

fn collect(node: &LogicalPlan, is_test: bool, scans: &mut BTreeMap<At, Scan>) -> Result<(), DataFusionError> {
    let mut take = |scan: &TableScan, conditions: Vec<&Expr>| {
        let conditions = conditions.into_iter().cloned().map(unqualified).collect::<Result<_, _>>()?;
        let table = scan.table_name.table().to_owned();
        scans.insert(at(scan), Scan { table, is_test, conditions, is_told: false });
        Ok(())
    };
    match node {
        LogicalPlan::TableScan(scan) => return take(scan, Vec::new()),
        LogicalPlan::Filter(filter) => {
            if let LogicalPlan::TableScan(scan) = filter.input.as_ref() {
                return take(scan, split_conjunction(&filter.predicate));
            }
        }
        LogicalPlan::Join(join) => {
            let (left, right) = match join.join_type {
                JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => (is_test, true),
                JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => (true, is_test),
                JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => (is_test, is_test),
            };
            collect(&join.left, left, scans)?;
            return collect(&join.right, right, scans);
        }
        _ => {}
    }
    node.apply_subqueries(|subquery| collect(subquery, true, scans).map(|()| TreeNodeRecursion::Continue))?;
    node.inputs().into_iter().try_for_each(|input| collect(input, is_test, scans))
}

/// Finds the columns by which reads that are not told are joined to reads that are. A side of a join is held to the other
/// only where its rows are dropped without a match.
fn find_keys(node: &LogicalPlan, scans: &BTreeMap<At, Scan>, keys: &mut BTreeMap<At, Vec<JoinKey>>) {
    if let LogicalPlan::Join(join) = node {
        use JoinType::{Inner, Left, LeftAnti, LeftMark, LeftSemi, Right, RightAnti, RightMark, RightSemi};
        let holds_left = matches!(join.join_type, Inner | Right | LeftSemi | RightSemi | RightAnti | RightMark);
        let holds_right = matches!(join.join_type, Inner | Left | LeftSemi | RightSemi | LeftAnti | LeftMark);
        for (left, right) in &join.on {
            let (Some(left), Some(right)) = (column_of(left), column_of(right)) else { continue };
            let (Some(left), Some(right)) = (origins(&join.left, left), origins(&join.right, right)) else { continue };
            if holds_left {
                add_key(&left, &right, scans, keys);
            }
            if holds_right {
                add_key(&right, &left, scans, keys);
            }
        }
    }
    node.inputs().into_iter().for_each(|input| find_keys(input, scans, keys));
}

fn add_key(own: &[Origin], other: &[Origin], scans: &BTreeMap<At, Scan>, keys: &mut BTreeMap<At, Vec<JoinKey>>) {
    let place = |origin: &Origin| {
        let scan = scans.get(&origin.at).filter(|scan| scan.is_told)?;
        let condition = conjunction(scan.conditions.iter().cloned())?;
        Some(Place { table: scan.table.clone(), column: origin.column.clone(), condition })
    };
    let Some(values) = other.iter().map(place).collect::<Option<Vec<_>>>() else { return };
    for origin in own.iter().filter(|origin| scans.get(&origin.at).is_some_and(|scan| !scan.is_told)) {
        let key = JoinKey { column: origin.column.clone(), values: values.clone() };
        keys.entry(origin.at).or_default().push(key);
    }
}

/// A column of a read.
struct Origin {
    at: At,
    column: String,
}

/// The columns of reads whose very values a column of a plan has; nothing where it is worked out.
fn origins(node: &LogicalPlan, column: &Column) -> Option<Vec<Origin>> {
    let place = node.schema().maybe_index_of_column(column)?;
    let below = |input: &LogicalPlan, place: usize| {
        let (qualifier, field) = input.schema().qualified_field(place);
        origins(input, &Column::new(qualifier.cloned(), field.name()))
    };
    let of_expression =
        |input: &LogicalPlan, expression: Option<&Expr>| origins(input, expression.and_then(column_of)?);
    match node {
        LogicalPlan::TableScan(scan) => Some(vec![Origin { at: at(scan), column: column.name.clone() }]),
        LogicalPlan::Projection(projection) => of_expression(&projection.input, projection.expr.get(place)),
        LogicalPlan::Aggregate(aggregate) => of_expression(&aggregate.input, aggregate.group_expr.get(place)),
        LogicalPlan::SubqueryAlias(alias) => below(&alias.input, place),
        LogicalPlan::Union(union) => {
            let branches = union.inputs.iter().map(|input| below(input, place)).collect::<Option<Vec<_>>>()?;
            Some(branches.into_iter().flatten().collect())
        }
        LogicalPlan::Join(join) if join.left.schema().has_column(column) => origins(&join.left, column),
        LogicalPlan::Join(join) => origins(&join.right, column),
        LogicalPlan::Filter(_)
        | LogicalPlan::Sort(_)
        | LogicalPlan::Window(_)
        | LogicalPlan::Distinct(_)
        | LogicalPlan::Limit(_) => match node.inputs()[..] {
            [input] => origins(input, column),
            _ => None,
        },
        _ => None,
    }
}

/// The column that an expression is, under whatever name and type.
fn column_of(expression: &Expr) -> Option<&Column> {
    match expression {
        Expr::Column(column) => Some(column),
        Expr::Alias(alias) => column_of(&alias.expr),
        Expr::Cast(cast) => column_of(&cast.expr),
        _ => None,
    }
}

fn unqualified(condition: Expr) -> Result<Expr, DataFusionError> {
    let plain = condition.transform(|expression| match expression {
        Expr::Column(column) => Ok(Transformed::yes(Expr::Column(Column::from_name(column.name)))),
        other => Ok(Transformed::no(other)),
    })?;
    Ok(plain.data)
}

/// The rules that carry conditions down, and what they need before them, in the engine's order. Those that rewrite
/// conditions for speed are left out.
fn carriers() -> Optimizer {
    Optimizer::with_rules(vec![
        Arc::new(SimplifyExpressions::new()),
        Arc::new(ReplaceDistinctWithAggregate::new()),
        Arc::new(DecorrelatePredicateSubquery::new()),
        Arc::new(ScalarSubqueryToJoin::new()),
        Arc::new(ExtractEquijoinPredicate::new()),
        Arc::new(EliminateFilter::new()),
        Arc::new(EliminateCrossJoin::new()),
        Arc::new(PropagateEmptyRelation::new()),
        Arc::new(EliminateOuterJoin::new()),
        Arc::new(PushDownFilter::new()),
    ])
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::{DataType, Field, Schema};
    use datafusion::datasource::empty::EmptyTable;
    use datafusion::logical_expr::{col, lit};
    use datafusion::prelude::SessionContext;

    use super::*;

    /// What is known of each table of a query for the rows whose `id` is `x`.
    async fn told(query: &str) -> BTreeMap<String, String> {
        let context = SessionContext::new();
        for (table, columns) in [
            ("invoices", ["invoice_id", "customer_id", "status"]),
            ("lines", ["line_id", "invoice_id", "currency"]),
            ("customers", ["customer_id", "customer_name", "currency"]),
        ] {
            let fields = columns.map(|name| Field::new(name, DataType::Utf8, true)).to_vec();
            context.register_table(table, Arc::new(EmptyTable::new(Arc::new(Schema::new(fields))))).unwrap();
        }
        let state = context.state();
        let plan = state.create_logical_plan(query).await.unwrap();
        let parts = parts(&state, &plan, &col("id").eq(lit("x"))).unwrap();
        let plain = |condition: Expr| condition.to_string().replace("Utf8(\"x\")", "x").replace("Utf8(\"F\")", "F");
        let place =
            |place: &Place| format!("{}.{} where {}", place.table, place.column, plain(place.condition.clone()));
        let key = |key: &JoinKey| {
            format!("{} as {}", key.column, key.values.iter().map(place).collect::<Vec<_>>().join(", "))
        };
        let text = |part: Part| {
            let joined = part.joined.iter().flat_map(|joined| &joined.keys).map(key);
            part.told.map(plain).into_iter().chain(joined).collect::<Vec<_>>().join("; ")
        };
        parts.into_iter().map(|(table, part)| (table, text(part))).collect()
    }

    fn expected<const N: usize>(parts: [(&str, &str); N]) -> BTreeMap<String, String> {
        parts.into_iter().map(|(table, part)| (table.to_owned(), part.to_owned())).collect()
    }

    #[tokio::test]
    async fn a_condition_goes_through_renames_joins_and_groups_and_where_it_ends_the_join_tells() {
        let query = "with billed as (select i.invoice_id as id, customer_name, l.line_id from invoices i
            join lines l on l.invoice_id = i.invoice_id left join customers c on c.customer_id = i.customer_id
            where i.status = 'F') select id, max(customer_name) as name, count(*) as lines from billed group by id";
        let billed = "status = F AND invoice_id = x";
        let customers = format!("customer_id as invoices.customer_id where {billed}");
        let parts = [("customers", customers.as_str()), ("invoices", billed), ("lines", "invoice_id = x")];
        assert_eq!(told(query).await, expected(parts));
    }

    #[tokio::test]
    async fn a_table_that_gave_nothing_to_the_rows_is_left_out() {
        let query = "select invoice_id as id from invoices union all select 'y' as id from lines";
        assert_eq!(told(query).await, expected([("invoices", "invoice_id = x")]));
    }

    #[tokio::test]
    async fn rows_that_are_only_looked_for_count_where_no_value_of_the_table_is_used() {
        let test = "exists (select 1 from lines l where l.invoice_id = i.invoice_id and l.currency = 'F')";
        let tested = format!("select i.invoice_id as id from invoices i where {test}");
        let parts = [("invoices", "invoice_id = x"), ("lines", "currency = F AND invoice_id = x")];
        assert_eq!(told(&tested).await, expected(parts));
        let used = format!("{tested} union all select invoice_id as id from lines");
        let parts = [("invoices", "invoice_id = x"), ("lines", "invoice_id = x")];
        assert_eq!(told(&used).await, expected(parts));
    }

    #[tokio::test]
    async fn a_currency_alone_tells_nothing() {
        let query = "select currency as id from customers";
        assert_eq!(told(query).await, expected([("customers", "")]));
    }
}
