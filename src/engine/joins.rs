//! Joins that sort both sides and merge them give the rows that joins by a hash table give: which of them makes a report depends
//! on how much memory there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::util::pretty::pretty_format_batches;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::physical_plan::{collect, displayable};
use proptest::prelude::*;

use super::{Engine, small};
use crate::place::lake::Lake;

/// Rows of a key, which may be absent, and a number.
type Rows = Vec<(Option<u8>, Option<i64>)>;

/// As the models join: by keys, with nulls alike or not, with more of a condition than keys, and for rows that have no other.
const QUERIES: [&str; 9] = [
    "select l.k, l.n, r.n from l inner join r on l.k = r.k",
    "select l.k, l.n, r.n from l inner join r on l.k = r.k and l.n < r.n",
    "select l.k, l.n, r.k, r.n from l left join r on l.k = r.k",
    "select l.k, l.n, r.k, r.n from l left join r on l.k = r.k and (l.n < r.n or r.n is null)",
    "select l.k, l.n, r.k, r.n from l left join r on (l.k is not distinct from r.k) and l.n = r.n",
    "select l.k, l.n, r.k, r.n from l full join r on l.k = r.k and l.n <> r.n",
    "select l.k, l.n from l left anti join r on l.k = r.k and l.n >= r.n",
    "select l.k, l.n from l where not exists (select 1 from r where r.k = l.k and r.n > l.n)",
    "select l.k, l.n from l where l.k in (select r.k from r where r.n > 1)",
];

fn rows() -> impl Strategy<Value = Rows> {
    let key = prop_oneof![1 => Just(None), 6 => (0..6_u8).prop_map(Some)];
    let number = prop_oneof![1 => Just(None), 6 => (0..4_i64).prop_map(Some)];
    prop::collection::vec((key, number), 0..24)
}

fn batch(rows: &Rows) -> RecordBatch {
    let fields = vec![Field::new("k", DataType::Utf8, true), Field::new("n", DataType::Int64, true)];
    let keys: StringArray = rows.iter().map(|(key, _)| key.map(|key| format!("key {key}"))).collect();
    let numbers: Int64Array = rows.iter().map(|(_, number)| *number).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(keys), Arc::new(numbers)]).unwrap()
}

/// The plan of a query, and its rows in an order of their own.
async fn asked(state: SessionState, sql: &str) -> (String, Vec<String>) {
    let plan = state.create_logical_plan(sql).await.unwrap();
    let plan = state.create_physical_plan(&plan).await.unwrap();
    let shown = displayable(plan.as_ref()).indent(false).to_string();
    let rows = collect(plan, Arc::new(TaskContext::from(&state))).await.unwrap();
    let mut lines: Vec<_> = pretty_format_batches(&rows).unwrap().to_string().lines().map(str::to_owned).collect();
    // Rules between lines are as many as there are; what differs is the width of empty results.
    lines.retain(|line| line.starts_with('|') && !line.contains(" k "));
    lines.sort_unstable();
    (shown, lines)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn merged_joins_give_the_rows_that_hash_joins_give(left in rows(), right in rows()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let engine = Engine::new(&Lake::new("nowhere"), BTreeMap::new(), None, 2, 1 << 28).unwrap();
            for (name, rows) in [("l", &left), ("r", &right)] {
                // A row too many that no key meets, so that neither is known to be empty.
                let rows = batch(&[rows.clone(), vec![(None, None)]].concat());
                engine.register_rows(name, vec![rows.clone()], &rows.schema()).unwrap();
            }
            for sql in QUERIES {
                let hashed = asked(small::narrow(engine.context.state()), sql).await;
                let merged = asked(small::with_merged_joins(engine.context.state()), sql).await;
                assert!(hashed.0.contains("HashJoinExec"), "{sql}\n{}", hashed.0);
                assert!(merged.0.contains("SortMergeJoin"), "{sql}\n{}", merged.0);
                assert_eq!(hashed.1, merged.1, "{sql}");
            }
        });
    }
}
