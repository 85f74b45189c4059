//! Tables that are known to hold no row: an account without plans has a dozen, one read from files alone all those of the API.
//!
//! The engine's own rules would carry them through all passes over a plan. What is made of nothing but them is cut off before.

use std::sync::Arc;

use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::Result;
use datafusion::common::tree_node::Transformed;
use datafusion::datasource::empty::EmptyTable;
use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{EmptyRelation, LogicalPlan};
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::propagate_empty_relation::PropagateEmptyRelation;
use datafusion::optimizer::{OptimizerConfig, OptimizerRule};

/// The same session, in which what reads nothing is cut off first.
pub fn cut_off_first(state: SessionState) -> SessionState {
    let mut rules: Vec<Arc<dyn OptimizerRule + Send + Sync>> =
        vec![Arc::new(EmptyScans), Arc::new(PropagateEmptyRelation::new())];
    rules.extend(state.optimizers().iter().cloned());
    // The catalog is shared: a default one would be put in the place of what the session knows.
    let config = state.config().clone().with_create_default_catalog_and_schema(false);
    SessionStateBuilder::new_from_existing(state).with_config(config).with_optimizer_rules(rules).build()
}

/// Takes an empty table for what the engine knows to be empty.
#[derive(Debug)]
struct EmptyScans;

impl OptimizerRule for EmptyScans {
    fn name(&self) -> &'static str {
        "empty_scans"
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        Some(ApplyOrder::BottomUp)
    }

    fn supports_rewrite(&self) -> bool {
        true
    }

    fn rewrite(&self, plan: LogicalPlan, _: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        match &plan {
            LogicalPlan::TableScan(scan)
                if source_as_provider(&scan.source).is_ok_and(|table| table.is::<EmptyTable>()) =>
            {
                let schema = scan.projected_schema.clone();
                Ok(Transformed::yes(LogicalPlan::EmptyRelation(EmptyRelation { produce_one_row: false, schema })))
            }
            _ => Ok(Transformed::no(plan)),
        }
    }
}
