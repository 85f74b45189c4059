//! Tables that are known to hold no row: an account without plans has a dozen, one read from files alone all those of the API.
//!
//! The engine would carry them through all passes over a plan. What is made of nothing but them is cut off before.

use std::sync::Arc;

use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{DFSchemaRef, Result};
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{EmptyRelation, Expr, LogicalPlan, Projection, Union};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::propagate_empty_relation::PropagateEmptyRelation;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// The same session, in which what reads nothing is cut off first.
pub fn cut_off_first(state: SessionState) -> SessionState {
    let mut rules: Vec<Arc<dyn OptimizerRule + Send + Sync>> = vec![Arc::new(CutOff)];
    rules.extend(state.optimizers().iter().cloned());
    // The catalog is shared: a default one would be put in the place of what the session knows.
    let config = state.config().clone().with_create_default_catalog_and_schema(false);
    SessionStateBuilder::new_from_existing(state).with_config(config).with_optimizer_rules(rules).build()
}

/// Takes an empty table for what the engine knows to be empty, and cuts off what is empty for it.
#[derive(Debug)]
struct CutOff;

impl OptimizerRule for CutOff {
    fn name(&self) -> &'static str {
        "cut_off_empty"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match plan {
            LogicalPlan::TableScan(scan)
                if source_as_provider(&scan.source).is_ok_and(|table| table.is::<EmptyTable>()) =>
            {
                Ok(Transformed::yes(nothing(scan.projected_schema)))
            }
            LogicalPlan::Union(union) => unite(union),
            plan => PropagateEmptyRelation::new().rewrite(plan, config),
        }
    }
}

fn nothing(schema: DFSchemaRef) -> LogicalPlan {
    LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema })
}

/// A union without its empty branches. Of one that is left DataFusion 55 keeps the columns' own names, and does not find them under
/// the union's where they are grouped; here they get those.
fn unite(mut union: Union) -> Result<Transformed<LogicalPlan>> {
    let is_empty = |input: &Arc<LogicalPlan>| match input.as_ref() {
        LogicalPlan::EmptyRelation(relation) => !relation.produce_one_row,
        _ => false,
    };
    let count = union.inputs.len();
    union.inputs.retain(|input| !is_empty(input));
    match union.inputs.as_slice() {
        [] => Ok(Transformed::yes(nothing(union.schema))),
        inputs if inputs.len() == count => Ok(Transformed::no(LogicalPlan::Union(union))),
        [only] => {
            let names = union.schema.iter().map(|(table, field)| (table.cloned(), field.name().clone()));
            let columns = only.schema().columns().into_iter().zip(names);
            let named = columns.map(|(column, (table, name))| Expr::Column(column).alias_qualified(table, name));
            let named = Projection::try_new(named.collect(), only.clone())?;
            Ok(Transformed::yes(LogicalPlan::Projection(named)))
        }
        _ => Ok(Transformed::yes(LogicalPlan::Union(union))),
    }
}
