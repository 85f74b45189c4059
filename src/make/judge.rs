//! What a header promises of rows, judged while they are made: columns without nulls, conditions, one row a key.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use datafusion::common::DFSchema;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::PhysicalExpr;
use twox_hash::XxHash3_128;

use crate::engine::Engine;
use crate::model::{Grain, Model};

/// More keys than these are not held in memory: 16 MB of hashes, and twice that while the set grows.
const MOST_KEYS: usize = 1 << 20;

/// Judges the rows of one model.
pub struct Judge {
    required: Vec<usize>,
    has_null: bool,
    conditions: Vec<Option<Condition>>,
    keys: Option<Keys>,
    /// The rows of a part are no more than a file has, and their keys must be judged now: over all parts a key may come again.
    is_in_parts: bool,
}

struct Condition {
    expression: Arc<dyn PhysicalExpr>,
    is_broken: bool,
}

struct Keys {
    columns: Vec<usize>,
    converter: RowConverter,
    seen: HashSet<u128>,
    is_repeated: bool,
}

/// What is known of the promises of a header. One that is not known to hold is to be asked of the rows, which also tells how
/// many break it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// No column has a null that must not.
    pub nulls_hold: bool,
    /// Each condition, in the order of the header.
    pub conditions_hold: Vec<bool>,
    /// No key comes twice.
    pub grain_holds: bool,
}

impl Judge {
    /// Of what this model's header says. A condition that cannot be judged row by row stays open.
    pub fn of(model: &Model, schema: &SchemaRef, engine: &Engine) -> Self {
        let header = &model.header;
        let place_of = |name: &String| header.columns.iter().position(|column| column.name == *name);
        let required = header.columns.iter().enumerate().filter(|(_, column)| !column.nullable);
        let condition = |sql: &String| {
            let columns = DFSchema::try_from(schema.as_ref().clone()).ok()?;
            let expression = engine.expression(sql, &columns).ok()?;
            Some(Condition { expression, is_broken: false })
        };
        let keys = match &header.grain {
            Grain::Columns(names) => names.iter().map(place_of).collect::<Option<Vec<_>>>(),
            Grain::RowsOf(_) | Grain::None => None,
        };
        Self {
            required: required.map(|(place, _)| place).collect(),
            has_null: false,
            conditions: header.checks.iter().map(condition).collect(),
            keys: keys.and_then(|columns| Keys::of(columns, schema)),
            is_in_parts: header.parts.is_some(),
        }
    }

    /// Judges rows of the schema.
    ///
    /// # Errors
    /// The engine's own, for a condition that fails on a row.
    pub fn see(&mut self, batch: &RecordBatch) -> std::result::Result<(), DataFusionError> {
        self.has_null |= self.required.iter().any(|place| batch.column(*place).null_count() > 0);
        for condition in self.conditions.iter_mut().flatten() {
            let found = condition.expression.evaluate(batch)?.into_array(batch.num_rows())?;
            // Null counts as holding.
            condition.is_broken |= found.as_boolean_opt().is_none_or(|found| found.has_false());
        }
        if let Some(keys) = &mut self.keys {
            keys.see(batch)?;
            if keys.seen.len() > MOST_KEYS && !self.is_in_parts {
                self.keys = None;
            }
        }
        Ok(())
    }

    /// From here on come the rows of another part, in which the keys of the others may come again.
    pub fn begin_part(&mut self) {
        if let Some(keys) = &mut self.keys {
            keys.seen.clear();
        }
    }

    /// What was found.
    pub fn verdict(&self) -> Verdict {
        let holds = |condition: &Option<Condition>| condition.as_ref().is_some_and(|condition| !condition.is_broken);
        Verdict {
            nulls_hold: !self.has_null,
            conditions_hold: self.conditions.iter().map(holds).collect(),
            grain_holds: self.keys.as_ref().is_some_and(|keys| !keys.is_repeated),
        }
    }
}

impl Keys {
    fn of(columns: Vec<usize>, schema: &SchemaRef) -> Option<Self> {
        let fields = columns.iter().map(|place| SortField::new(schema.field(*place).data_type().clone()));
        let converter = RowConverter::new(fields.collect()).ok()?;
        Some(Self { columns, converter, seen: HashSet::new(), is_repeated: false })
    }

    /// Two keys of one hash would be asked of the rows, as a key that comes twice is.
    fn see(&mut self, batch: &RecordBatch) -> std::result::Result<(), ArrowError> {
        let columns: Vec<_> = self.columns.iter().map(|place| batch.column(*place).clone()).collect();
        for key in &self.converter.convert_columns(&columns)? {
            self.is_repeated |= !self.seen.insert(XxHash3_128::oneshot(key.data()));
        }
        Ok(())
    }
}
