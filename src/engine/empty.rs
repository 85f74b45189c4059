//! Tables that are known to hold no row: an account without plans has a dozen, one read from files alone all those of the API.
//!
//! The engine would carry them through all passes over a plan. What is made of nothing but them is cut off before.

use std::sync::Arc;

use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::tree_node::{Transformed, TreeNode};
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

    /// It walks by itself, and not into subqueries: a plan that is nothing has no column that `in` could be held against.
    fn apply_order(&self) -> Option<ApplyOrder> {
        None
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        plan.transform_up(|node| match node {
            LogicalPlan::TableScan(scan)
                if source_as_provider(&scan.source).is_ok_and(|table| table.is::<EmptyTable>()) =>
            {
                Ok(Transformed::yes(nothing(scan.projected_schema)))
            }
            LogicalPlan::Union(union) => unite(union),
            node => PropagateEmptyRelation::new().rewrite(node, config),
        })
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use datafusion::datasource::MemTable;
    use futures::StreamExt;

    use super::*;
    use crate::engine::parameters::{Times, resolve};
    use crate::engine::{Engine, plain};
    use crate::model::Models;
    use crate::place::lake::Lake;

    /// Of what a query reads: nothing but this is empty, or this alone is not.
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum Empty {
        All,
        Only(usize),
        AllBut(usize),
    }

    #[tokio::test]
    async fn every_built_in_query_can_be_made_whatever_of_what_it_reads_is_empty() {
        let models = Models::load(None, &[]).unwrap();
        let day = Times::on(chrono::NaiveDate::default());
        let parameters = resolve(&models.parameters().unwrap(), &BTreeMap::new(), &day).unwrap().values;
        let engine = Engine::new(&Lake::new("nowhere"), BTreeMap::new(), None, 1, 1 << 30).unwrap();
        let mut engine = engine.for_built_in_models();
        let order = models.closure(models.iter().map(|model| model.name.as_str())).unwrap();
        for model in order {
            engine.provide(&model.reads).await.unwrap();
            let mut cases = vec![Empty::All];
            cases.extend((0..model.reads.len()).flat_map(|place| [Empty::Only(place), Empty::AllBut(place)]));
            for case in cases {
                for (place, (schema, name)) in model.reads.iter().enumerate() {
                    let is_empty = match case {
                        Empty::All => true,
                        Empty::Only(one) => one == place,
                        Empty::AllBut(one) => one != place,
                    };
                    let schema = schema.as_deref().unwrap_or("reports");
                    let table = engine.schema(schema).unwrap().table(name).await.unwrap().unwrap();
                    let columns = table.schema();
                    // A table in memory that happens to have no rows is not known to be empty.
                    let rows = vec![vec![arrow::array::RecordBatch::new_empty(columns.clone())]];
                    match is_empty {
                        true => engine.register(schema, name, Arc::new(EmptyTable::new(columns))),
                        false => engine.register(schema, name, Arc::new(MemTable::try_new(columns, rows).unwrap())),
                    }
                    .unwrap();
                }
                let plan = engine.plan_model(model, &parameters).await.unwrap();
                let made = async {
                    let mut rows = engine.execute(&plan).await?;
                    while let Some(batch) = rows.next().await {
                        batch?;
                    }
                    match case {
                        // As a query over much is planned.
                        Empty::All => engine.context.state().create_physical_plan(&plan).await.map(drop),
                        _ => Ok(()),
                    }
                };
                if let Err(error) = made.await {
                    panic!("{} where {case:?} of {:?} is empty: {}", model.file, model.reads, plain(&error));
                }
            }
            engine.stand_in(model, &parameters).await.unwrap();
        }
    }
}
