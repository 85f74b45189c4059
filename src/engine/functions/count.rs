//! `count`: the engine's own, but for `count(distinct …)` of texts in a `group by`.
//!
//! The engine keeps a set for each group there, and each begins with room for 14 KiB: two of them in a report over 8,000 groups,
//! of an account of 1,000 contracts, ask 230 MB. Here all groups share one set.

use std::iter::repeat_n;
use std::mem;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, UInt64Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{HashSet, Result, ScalarValue, resources_err};
use datafusion::functions_aggregate::count;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, ReversedUDAF, SetMonotonicity, Signature,
    StatisticsArgs,
};
use datafusion::physical_expr_common::binary_map::{ArrowBytesMap, OutputType};

use super::grouped::{counted, only};

const NAME: &str = "count";

/// The aggregate and window function `count`, which stands in the place of the engine's. It is the engine's in all that is not
/// named here; what a new version of the engine's says of itself is to be handed on, too.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Count {
    engines: count::Count,
}

impl AggregateUDFImpl for Count {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        self.engines.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.engines.return_type(arguments)
    }

    fn is_nullable(&self) -> bool {
        self.engines.is_nullable()
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        self.engines.state_fields(arguments)
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.engines.accumulator(arguments)
    }

    fn create_sliding_accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        self.engines.create_sliding_accumulator(arguments)
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs) -> bool {
        is_of_distinct_texts(&arguments) || self.engines.groups_accumulator_supported(arguments)
    }

    fn create_groups_accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        match is_of_distinct_texts(&arguments) {
            true => Ok(Box::new(GroupTexts::default())),
            false => self.engines.create_groups_accumulator(arguments),
        }
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        self.engines.reverse_expr()
    }

    fn default_value(&self, kind: &DataType) -> Result<ScalarValue> {
        self.engines.default_value(kind)
    }

    fn value_from_stats(&self, statistics: &StatisticsArgs) -> Option<ScalarValue> {
        self.engines.value_from_stats(statistics)
    }

    fn set_monotonicity(&self, kind: &DataType) -> SetMonotonicity {
        self.engines.set_monotonicity(kind)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.engines.documentation()
    }
}

fn is_of_distinct_texts(arguments: &AccumulatorArgs) -> bool {
    let is_text = |fields: &[FieldRef]| matches!(fields, [field] if *field.data_type() == DataType::Utf8);
    arguments.is_distinct && is_text(arguments.expr_fields)
}

/// The distinct texts of all groups of a `group by`: each text once, and a pair of numbers for each group that has it.
struct GroupTexts {
    /// Each text with its number, which is its place among them.
    texts: ArrowBytesMap<i32, u64>,
    /// Which group has which text.
    pairs: HashSet<(usize, u64)>,
    /// How many texts each group has.
    counts: Vec<usize>,
}

/// What was taken out of the first groups.
struct Taken {
    counts: Vec<usize>,
    texts: ArrayRef,
    pairs: Vec<(usize, u64)>,
}

impl Default for GroupTexts {
    fn default() -> Self {
        Self { texts: ArrowBytesMap::new(OutputType::Utf8), pairs: HashSet::default(), counts: Vec::new() }
    }
}

impl GroupTexts {
    /// Takes in texts, none of them null, each of the group at its place. More of them than an array can have are too many.
    fn add(&mut self, texts: &ArrayRef, groups: impl IntoIterator<Item = usize>) -> Result<()> {
        let offsets = texts.as_string::<i32>().offsets();
        if self.texts.size() + (offsets[texts.len()] - offsets[0]) as usize > i32::MAX as usize {
            return resources_err!("{NAME}(distinct …) of more than 2 GiB of texts at once");
        }
        let mut next = self.texts.len() as u64;
        let mut groups = groups.into_iter();
        let number = |_: Option<&[u8]>| {
            next += 1;
            next - 1
        };
        self.texts.insert_if_new(texts, number, |number| {
            if let Some(group) = groups.next()
                && self.pairs.insert((group, number))
            {
                self.counts[group] += 1;
            }
        });
        Ok(())
    }

    fn take(&mut self, emit: EmitTo) -> Result<Taken> {
        let counts = emit.take_needed(&mut self.counts);
        let texts = self.texts.take().into_state();
        let (pairs, left): (Vec<_>, Vec<_>) =
            mem::take(&mut self.pairs).into_iter().partition(|(group, _)| *group < counts.len());
        // What is left is taken in anew: texts that only the groups had which are gone go with them.
        self.counts.fill(0);
        if !left.is_empty() {
            self.add(&texts_of(&left, &texts)?, left.iter().map(|(group, _)| group - counts.len()))?;
        }
        Ok(Taken { counts, texts, pairs })
    }
}

fn texts_of(pairs: &[(usize, u64)], texts: &ArrayRef) -> Result<ArrayRef> {
    let numbers = UInt64Array::from_iter_values(pairs.iter().map(|(_, number)| *number));
    Ok(compute::take(texts, &numbers, None)?)
}

/// The texts of rows that count.
fn texts_at(rows: &NullBuffer, texts: &ArrayRef) -> Result<ArrayRef> {
    Ok(compute::filter(texts, &BooleanArray::new(rows.inner().clone(), None))?)
}

/// The state of groups, as the engine's: the texts of each, of these lengths, as a list.
fn lists(lengths: impl IntoIterator<Item = usize>, texts: ArrayRef) -> Result<Vec<ArrayRef>> {
    let field = Arc::new(Field::new_list_field(DataType::Utf8, true));
    Ok(vec![Arc::new(ListArray::try_new(field, OffsetBuffer::from_lengths(lengths), texts, None)?)])
}

impl GroupsAccumulator for GroupTexts {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        let texts = only(NAME, values)?;
        self.counts.resize(group_count, 0);
        match counted(texts, filter) {
            None => self.add(texts, groups.iter().copied()),
            Some(rows) => self.add(&texts_at(&rows, texts)?, rows.valid_indices().map(|row| groups[row])),
        }
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], group_count: usize) -> Result<()> {
        let lists = only(NAME, states)?.as_list::<i32>();
        self.counts.resize(group_count, 0);
        // The lists of a slice of a batch have a part of the texts.
        let (first, last) = (lists.offsets()[0] as usize, lists.offsets()[lists.len()] as usize);
        let lengths = lists.offsets().lengths();
        self.add(
            &lists.values().slice(first, last - first),
            groups.iter().zip(lengths).flat_map(|(group, length)| repeat_n(*group, length)),
        )
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let counts = self.take(emit)?.counts;
        Ok(Arc::new(Int64Array::from_iter_values(counts.into_iter().map(|count| count as i64))))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut taken = self.take(emit)?;
        taken.pairs.sort_unstable();
        lists(taken.counts, texts_of(&taken.pairs, &taken.texts)?)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let texts = only(NAME, values)?;
        match counted(texts, filter) {
            None => lists(repeat_n(1, texts.len()), texts.clone()),
            Some(rows) => lists(rows.iter().map(usize::from), texts_at(&rows, texts)?),
        }
    }

    fn size(&self) -> usize {
        self.texts.size() + self.pairs.allocation_size() + self.counts.capacity() * size_of::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::StringArray;
    use datafusion::arrow::datatypes::Int64Type;
    use proptest::prelude::*;

    use super::super::testing::{rows, session, sessions_that_skip_partial_groups_and_do_not, value};
    use super::*;

    #[tokio::test]
    async fn a_text_counts_once_a_group_and_null_never() {
        let sql = "select k, count(distinct x), count(distinct y), count(x), count(*), count(distinct x) filter (where y > 'p')
            from (values (1, 'a', 'p'), (1, 'a', 'q'), (1, null, 'q'), (2, null, null), (2, null, 'p'), (3, 'a', 'p'), (3, 'b', 'q'), (3, '', 'r'))
                as t (k, x, y)
            group by k order by k";
        for partitions in [1, 4] {
            assert_eq!(rows(&session(partitions), sql).await.unwrap(), ["1|1|2|2|3|1", "2|0|1|0|2|0", "3|3|3|3|3|2"]);
        }
    }

    #[tokio::test]
    async fn without_groups_and_in_windows_it_is_the_engines() {
        let values = "(values (1, 'a'), (2, 'a'), (3, null), (4, 'b')) as t (i, x)";
        assert_eq!(value(&format!("select count(distinct x) from {values}")).await.unwrap(), "2");
        assert_eq!(value(&format!("select count(distinct x) from {values} where i > 4")).await.unwrap(), "0");
        assert_eq!(value(&format!("select count(*) from {values}")).await.unwrap(), "4");
        let sql = format!(
            "select i, count(x) over (order by i rows between 1 preceding and current row) from {values} order by i"
        );
        assert_eq!(rows(&session(1), &sql).await.unwrap(), ["1|1", "2|2", "3|1", "4|1"]);
    }

    #[tokio::test]
    async fn many_groups_over_several_partitions_each_have_their_own_texts() {
        for context in sessions_that_skip_partial_groups_and_do_not() {
            let sql = "select count(*), min(texts), max(texts), min(odd), max(odd) from (
                select value % 5000 as k, count(distinct cast(value % 6 as varchar)) as texts,
                    count(distinct concat('a text of some length ', value)) filter (where value >= 10000) as odd
                from generate_series(0, 19999) group by value % 5000)";
            assert_eq!(rows(&context, sql).await.unwrap(), ["5000|3|3|2|2"]);
        }
    }

    #[tokio::test]
    async fn groups_in_the_order_of_the_input_are_emitted_as_they_end() {
        let sql = "select k, count(distinct x), count(distinct 'same') from (
                select value / 100 as k, cast(value % (value / 100 + 2) as varchar) as x from generate_series(0, 999) order by k)
            group by k order by k limit 3";
        assert_eq!(rows(&session(1), sql).await.unwrap(), ["0|2|1", "1|3|1", "2|4|1"]);
    }

    #[test]
    fn a_group_of_few_texts_takes_few_bytes() {
        let groups: Vec<usize> = (0..10_000).collect();
        let texts: ArrayRef =
            Arc::new(groups.iter().map(|group| Some(format!("{group:036}"))).collect::<StringArray>());
        let mut accumulator = GroupTexts::default();
        accumulator.update_batch(&[texts], &groups, None, groups.len()).unwrap();
        assert!(accumulator.size() < 200 * groups.len(), "{} bytes", accumulator.size());
        accumulator.evaluate(EmitTo::First(9_990)).unwrap();
        assert!(accumulator.size() < 200 * 1_000, "{} bytes are left", accumulator.size());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn groups_split_and_merged_in_any_way_have_the_texts_of_their_rows(
            given in prop::collection::vec((0_usize..5, prop::option::of("[a-c]{0,2}|[a-b]{12}"), prop::option::of(any::<bool>())), 0..60),
            cut in 0_usize..60,
            first in 1_usize..6,
        ) {
            let mut expected = vec![HashSet::new(); 5];
            for (group, text, filter) in &given {
                if let (Some(text), Some(true)) = (text, filter) {
                    expected[*group].insert(text.clone());
                }
            }
            let expected: Vec<i64> = expected.iter().map(|texts| texts.len() as i64).collect();
            let parts = given.split_at(cut.min(given.len()));
            let mut merged = GroupTexts::default();
            for (part, direct) in [(parts.0, false), (parts.1, true)] {
                let values: ArrayRef = Arc::new(part.iter().map(|row| row.1.clone()).collect::<StringArray>());
                let groups: Vec<usize> = part.iter().map(|row| row.0).collect();
                let filter: BooleanArray = part.iter().map(|row| row.2).collect();
                let mut partial = GroupTexts::default();
                if direct {
                    let state = partial.convert_to_state(&[values], Some(&filter)).unwrap();
                    // the second half of a batch by itself
                    let half = groups.len() / 2;
                    for (from, to) in [(half, groups.len()), (0, half)] {
                        merged.merge_batch(&[state[0].slice(from, to - from)], &groups[from..to], 5).unwrap();
                    }
                } else {
                    partial.update_batch(&[values], &groups, Some(&filter), 5).unwrap();
                    let early = partial.state(EmitTo::First(first)).unwrap();
                    merged.merge_batch(&early, &(0..first).collect::<Vec<_>>(), first).unwrap();
                    let late = partial.state(EmitTo::All).unwrap();
                    merged.merge_batch(&late, &(first..5).collect::<Vec<_>>(), 5).unwrap();
                }
            }
            let early = merged.evaluate(EmitTo::First(first)).unwrap();
            let late = merged.evaluate(EmitTo::All).unwrap();
            let counts: Vec<i64> = [early, late].iter().flat_map(|counts| counts.as_primitive::<Int64Type>().values().to_vec()).collect();
            prop_assert_eq!(counts, expected);
        }
    }
}
