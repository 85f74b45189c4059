//! Queries over few rows, which most of a run's are: planning one costs more than running it, so it is planned with less.
//!
//! Over small tables nothing is gained by reading in several parts, nor by the rules that push filters and columns down to
//! where files are read: they are more than half of what planning costs.

use std::sync::Arc;

use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::MemTable;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::listing::ListingTable;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;

/// What all files that a query reads may come to: some 100,000 rows.
const SMALL_BYTES: u64 = 2 << 20;

/// What is needed of the physical rules in one part: the sides of joins, and that rows come in the order that operators need.
const RULES: [&str; 4] = ["OutputRequirements", "join_selection", "EnsureRequirements", "LimitPushdown"];

/// The same session for queries over little data.
pub fn state_for_small(state: SessionState) -> SessionState {
    let rules = state.physical_optimizers().iter().filter(|rule| RULES.contains(&rule.name())).cloned().collect();
    let mut small = in_one_part(state).with_physical_optimizer_rules(rules);
    // Which side of a join is held is all the same.
    if let Some(config) = small.config().as_mut() {
        config.options_mut().optimizer.use_statistics_registry = false;
    }
    small.build()
}

/// Rows that are handed on at once where there is little memory: a query of many sorts has to give each its share, and a share is
/// nothing where it holds no batch.
const FEW_ROWS: usize = 2048;

/// The same session for queries that are to take little memory.
pub fn narrow(state: SessionState) -> SessionState {
    let mut narrow = in_one_part(state);
    if let Some(config) = narrow.config().take() {
        narrow = narrow.with_config(config.with_batch_size(FEW_ROWS));
    }
    narrow.build()
}

/// The same session for queries that run in one part.
fn in_one_part(state: SessionState) -> SessionStateBuilder {
    // The catalog is shared: a default one would be put in the place of what the session knows.
    let config = state.config().clone().with_target_partitions(1).with_create_default_catalog_and_schema(false);
    SessionStateBuilder::new_from_existing(state).with_config(config)
}

/// The same session, whose joins merge sorted rows, in one part.
pub fn with_merged_joins(state: SessionState) -> SessionState {
    let rules = state.physical_optimizers().iter().cloned().map(|rule| Arc::new(InOnePart(rule)) as Arc<_>).collect();
    let mut config = state.config().clone().with_create_default_catalog_and_schema(false);
    // Of one part DataFusion makes a hash join whatever is preferred: it is told of two, and what it then plans is put in one.
    config = config.with_target_partitions(2).with_batch_size(FEW_ROWS / 2);
    config = config.with_repartition_aggregations(false).with_repartition_windows(false);
    config.options_mut().optimizer.prefer_hash_join = false;
    SessionStateBuilder::new_from_existing(state).with_config(config).with_physical_optimizer_rules(rules).build()
}

/// A rule that takes queries to run in one part. Rows that are spread over parts wait in memory for the part that is read last, and where
/// joins and merges read parts one after the other, that can be all of them.
#[derive(Debug)]
struct InOnePart(Arc<dyn PhysicalOptimizerRule + Send + Sync>);

impl PhysicalOptimizerRule for InOnePart {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, options: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        let mut options = options.clone();
        options.execution.target_partitions = 1;
        self.0.optimize(plan, &options)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

/// Whether a query reads little. What it cannot look into may be big.
pub fn is_small(plan: &LogicalPlan) -> bool {
    let mut bytes = 0;
    let walked = plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node {
            bytes += source_as_provider(&scan.source).map_or(u64::MAX, |table| {
                if table.is::<MemTable>() || table.is::<EmptyTable>() {
                    return 0;
                }
                table.downcast_ref::<ListingTable>().map_or(u64::MAX, bytes_of).min(u64::MAX >> 8)
            });
        }
        Ok(if bytes > SMALL_BYTES { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    walked.is_ok() && bytes <= SMALL_BYTES
}

/// What the files of a table come to; each is named by itself.
fn bytes_of(table: &ListingTable) -> u64 {
    let mut bytes = 0;
    for url in table.table_paths() {
        let size = url.get_url().to_file_path().ok().and_then(|path| std::fs::metadata(path).ok());
        bytes += size.map_or(u64::MAX >> 8, |file| file.len());
        if bytes > SMALL_BYTES {
            break;
        }
    }
    bytes
}
