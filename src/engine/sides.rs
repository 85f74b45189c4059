//! How much the sides of a join hold, as far as it can be told, so that the smaller one is held in memory.
//!
//! DataFusion tells it of tables and of little else: above a join, a filter or a union of such it knows nothing, and then holds the
//! side that stands first, of a million lines where a thousand balances would do. Here no operator but a union and a spread list has
//! more rows than the largest of what it reads, and every column of a row takes as much as any other: wrong by a factor, and right about which
//! is the larger.

use std::sync::Arc;

use datafusion::arrow::datatypes::Schema;
use datafusion::common::stats::Precision;
use datafusion::common::{Result, Statistics};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::operator_statistics::{
    ExtendedStatistics, StatisticsProvider, StatisticsRegistry, StatisticsResult,
};
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::unnest::UnnestExec;

/// Bytes that a value is taken to have.
const VALUE_BYTES: usize = 16;

/// Rows that are taken to come of one whose list is spread: days of a month.
const SPREAD: usize = 30;

/// The same session, in which sides of joins are judged like this.
pub fn judged(state: SessionState) -> SessionState {
    let registry = StatisticsRegistry::with_providers(vec![Arc::new(Sizes)]);
    // The catalog is shared: a default one would be put in the place of what the session knows.
    let mut config = state.config().clone().with_create_default_catalog_and_schema(false);
    config.options_mut().optimizer.use_statistics_registry = true;
    SessionStateBuilder::new_from_existing(state).with_config(config).with_statistics_registry(registry).build()
}

#[derive(Debug)]
struct Sizes;

impl StatisticsProvider for Sizes {
    fn compute_statistics(
        &self,
        plan: &dyn ExecutionPlan,
        children: &[ExtendedStatistics],
    ) -> Result<StatisticsResult> {
        let rows = |of: &Statistics| of.num_rows.get_value().copied();
        let known = children.iter().map(|child| rows(child.base()));
        let rows = match children {
            [] => rows(&*StatisticsContext::new().compute(plan, &StatisticsArgs::new())?),
            _ if plan.is::<UnionExec>() => known.sum(),
            _ if plan.is::<UnnestExec>() => known.sum::<Option<usize>>().map(|rows| rows.saturating_mul(SPREAD)),
            // What one of them comes to is not known: nor is this.
            _ => known.reduce(|one, other| one.zip(other).map(|(one, other)| one.max(other))).flatten(),
        };
        let rows = match (rows, plan.fetch()) {
            (Some(rows), Some(most)) => Some(rows.min(most)),
            (rows, most) => rows.or(most),
        };
        Ok(StatisticsResult::Computed(told(rows, &plan.schema()).into()))
    }
}

fn told(rows: Option<usize>, columns: &Schema) -> Statistics {
    let Some(rows) = rows else { return Statistics::new_unknown(columns) };
    let bytes = rows.saturating_mul(columns.fields().len().max(1) * VALUE_BYTES);
    Statistics {
        num_rows: Precision::Inexact(rows),
        total_byte_size: Precision::Inexact(bytes),
        column_statistics: Statistics::unknown_column(columns),
    }
}
