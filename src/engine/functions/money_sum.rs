//! `money_sum`: the exact sum of decimals and integers, the same in any order of the rows.
//!
//! The total is kept in 256 bits, so no order of additions can leave the range on the way; only the final value must have
//! 38 digits. The engine's own `sum` wraps at 128 bits without an error.

use std::collections::HashMap;
use std::mem::size_of;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Decimal256Array};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, DecimalType, Field, FieldRef, i256};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, ReversedUDAF, Signature, Volatility,
};
use datafusion::physical_expr::NullState;

use super::exact::{LARGEST, MONEY, PRECISION, SCALE, arguments, does_not_fit, exact};
use super::grouped::{counted, only};

const NAME: &str = "money_sum";
/// Digits of the totals that partial aggregations hand to the final one.
pub(super) const TOTAL_PRECISION: u8 = 76;
pub(super) const TOTAL: DataType = DataType::Decimal256(TOTAL_PRECISION, SCALE);

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::aggregate_doc_sections::DOC_SECTION_GENERAL,
        "The exact sum of decimals or integers as decimal(38, 18): kept in 256 bits, independent of the order of rows, \
         null when no row has a value, an error when the result has more than 38 digits.",
        "money_sum(amount)",
    )
    .with_argument("amount", "A decimal or an integer; every value must fit decimal(38, 18) exactly.")
    .build()
});

/// The aggregate and window function `money_sum(amount)`; `distinct`, `filter` and sliding frames included.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MoneySum {
    signature: Signature,
}

impl MoneySum {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for MoneySum {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments(NAME, 1, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(MONEY)
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let name = format_state_name(arguments.name, NAME);
        let field = match arguments.is_distinct {
            true => Field::new_list(name, Field::new_list_field(MONEY, true), false),
            false => Field::new(name, TOTAL, true),
        };
        Ok(vec![Arc::new(field)])
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        match arguments.is_distinct {
            true => Ok(Box::new(DistinctTotal::default())),
            false => Ok(Box::new(Total::default())),
        }
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs) -> bool {
        !arguments.is_distinct
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(GroupTotals { totals: Vec::new(), seen: NullState::new() }))
    }

    fn reverse_expr(&self) -> ReversedUDAF {
        ReversedUDAF::Identical
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        AggregateOrderSensitivity::Insensitive
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

/// The total as the stored number of the result.
pub(super) fn result(total: i256) -> Result<i128> {
    total
        .to_i128()
        .filter(|result| result.unsigned_abs() <= LARGEST)
        .ok_or_else(|| does_not_fit(NAME, &Decimal256Type::format_decimal(total, TOTAL_PRECISION, SCALE)))
}

pub(super) fn money(value: Option<i128>) -> ScalarValue {
    ScalarValue::Decimal128(value, PRECISION, SCALE)
}

/// The sum of the values that are there. 2^127 rows would be needed to leave 256 bits.
pub(super) fn add_up(values: &Decimal128Array) -> i256 {
    let add = |total: i256, value: i128| total.wrapping_add(i256::from_i128(value));
    match values.nulls().filter(|nulls| nulls.null_count() > 0) {
        None => values.values().iter().copied().fold(i256::ZERO, add),
        Some(nulls) => nulls.valid_indices().map(|row| values.value(row)).fold(i256::ZERO, add),
    }
}

fn present(values: &dyn Array) -> u64 {
    (values.len() - values.null_count()) as u64
}

/// The total of one group, or of a window frame that rows enter and leave.
#[derive(Debug, Default)]
struct Total {
    total: i256,
    /// Values in it, to tell a sum of zero from no value at all.
    values: u64,
}

impl Accumulator for Total {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = exact(NAME, only(NAME, values)?)?;
        self.total = self.total.wrapping_add(add_up(&values));
        self.values += present(&values);
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = exact(NAME, only(NAME, values)?)?;
        self.total = self.total.wrapping_sub(add_up(&values));
        self.values -= present(&values);
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match self.values {
            0 => Ok(money(None)),
            _ => Ok(money(Some(result(self.total)?))),
        }
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let total = (self.values > 0).then_some(self.total);
        Ok(vec![ScalarValue::Decimal256(total, TOTAL_PRECISION, SCALE)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let totals = only(NAME, states)?.as_primitive::<Decimal256Type>();
        self.total = totals.iter().flatten().fold(self.total, i256::wrapping_add);
        self.values += present(totals);
        Ok(())
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }
}

/// The distinct values of one group or window frame, each with how often it is there now.
#[derive(Debug, Default)]
struct DistinctTotal {
    values: HashMap<i128, u64>,
}

impl DistinctTotal {
    fn add(&mut self, values: &Decimal128Array) {
        for value in values.iter().flatten() {
            *self.values.entry(value).or_default() += 1;
        }
    }
}

impl Accumulator for DistinctTotal {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.add(&exact(NAME, only(NAME, values)?)?);
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for value in exact(NAME, only(NAME, values)?)?.iter().flatten() {
            if let Some(times) = self.values.get_mut(&value) {
                *times -= 1;
                if *times == 0 {
                    self.values.remove(&value);
                }
            }
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.values.is_empty() {
            return Ok(money(None));
        }
        let total = self.values.keys().fold(i256::ZERO, |total, value| total.wrapping_add(i256::from_i128(*value)));
        Ok(money(Some(result(total)?)))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values: Vec<ScalarValue> = self.values.keys().map(|value| money(Some(*value))).collect();
        Ok(vec![ScalarValue::List(ScalarValue::new_list_nullable(&values, &MONEY))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for values in only(NAME, states)?.as_list::<i32>().iter().flatten() {
            self.add(values.as_primitive::<Decimal128Type>());
        }
        Ok(())
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.values.capacity() * size_of::<(i128, u64)>()
    }
}

/// The totals of all groups of a `group by`, 32 bytes each.
struct GroupTotals {
    totals: Vec<i256>,
    seen: NullState,
}

impl GroupsAccumulator for GroupTotals {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        group_count: usize,
    ) -> Result<()> {
        let values = exact(NAME, only(NAME, values)?)?;
        self.totals.resize(group_count, i256::ZERO);
        let totals = self.totals.as_mut_slice();
        self.seen.accumulate(groups, &values, filter, group_count, |group, value| {
            totals[group] = totals[group].wrapping_add(i256::from_i128(value));
        });
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], group_count: usize) -> Result<()> {
        let states = only(NAME, states)?.as_primitive::<Decimal256Type>();
        self.totals.resize(group_count, i256::ZERO);
        let totals = self.totals.as_mut_slice();
        self.seen.accumulate(groups, states, None, group_count, |group, total| {
            totals[group] = totals[group].wrapping_add(total);
        });
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let totals = emit.take_needed(&mut self.totals);
        let nulls = self.seen.build(emit);
        let results: Vec<i128> = totals.into_iter().map(result).collect::<Result<_>>()?;
        Ok(Arc::new(Decimal128Array::new(results.into(), nulls).with_precision_and_scale(PRECISION, SCALE)?))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let totals = emit.take_needed(&mut self.totals);
        let nulls = self.seen.build(emit);
        let totals = Decimal256Array::new(totals.into(), nulls).with_precision_and_scale(TOTAL_PRECISION, SCALE)?;
        Ok(vec![Arc::new(totals)])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let values = exact(NAME, only(NAME, values)?)?;
        let nulls = counted(&values, filter);
        let totals: Vec<i256> = values.values().iter().map(|value| i256::from_i128(*value)).collect();
        let totals = Decimal256Array::new(totals.into(), nulls).with_precision_and_scale(TOTAL_PRECISION, SCALE)?;
        Ok(vec![Arc::new(totals)])
    }

    fn size(&self) -> usize {
        self.totals.capacity() * size_of::<i256>() + self.seen.size()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{refusal, rows, session, sessions_that_skip_partial_groups_and_do_not, value};
    use super::*;

    const BIG: &str = "cast(90000000000000000000 as decimal(38, 18))";

    #[tokio::test]
    async fn a_sum_is_exact_to_the_last_digit_of_both_ends() {
        let sum = "select money_sum(x) from (values (99999999999999999999.999999999999999998),
            (0.000000000000000001)) as t(x)";
        assert_eq!(value(sum).await.unwrap(), "99999999999999999999.999999999999999999");
    }

    #[tokio::test]
    async fn a_sum_past_38_digits_is_an_error_that_names_it() {
        let error = refusal(&format!("select money_sum(x) from (values ({BIG}), ({BIG})) as t(x)")).await;
        assert!(
            error.contains("money_sum: 180000000000000000000.000000000000000000 does not fit decimal(38, 18)"),
            "{error}"
        );
        let error =
            refusal(&format!("select k, money_sum(x) from (values (1, -{BIG}), (1, -{BIG})) as t(k, x) group by k"))
                .await;
        assert!(error.contains("money_sum: -180000000000000000000.0"), "{error}");
        // 39 digits, yet inside 128 bits
        let error = refusal("select money_sum(x) from (values (99999999999999999999.0), (1)) as t(x)").await;
        assert!(error.contains("money_sum: 100000000000000000000.0"), "{error}");
    }

    #[tokio::test]
    async fn a_sum_may_leave_the_range_on_the_way_to_a_result_that_fits() {
        let values =
            format!("(values (1, {BIG}), (2, {BIG}), (3, -{BIG}), (4, null), (5, -{BIG}), (6, 1.5)) as t(k, x)");
        for order in ["k", "k desc", "x", "x desc"] {
            let sql = format!("select money_sum(x) from (select * from {values} order by {order})");
            assert_eq!(value(&sql).await.unwrap(), "1.500000000000000000");
            let sql = format!("select money_sum(x) from (select * from {values} order by {order}) group by k > 0");
            assert_eq!(value(&sql).await.unwrap(), "1.500000000000000000");
        }
    }

    #[tokio::test]
    async fn no_value_gives_null_and_a_sum_of_zero_gives_zero() {
        assert_eq!(value("select money_sum(x) from (select 1 as x) where x > 1").await.unwrap(), "null");
        assert_eq!(value("select money_sum(null)").await.unwrap(), "null");
        assert_eq!(
            value("select money_sum(x) from (values (1), (-1), (null)) as t(x)").await.unwrap(),
            "0.000000000000000000"
        );
        let sql = "select k, money_sum(x), money_sum(x) filter (where x > 1) from (values ('a', 1), ('a', null), ('b', null), ('c', 2),
            ('c', 3)) as t(k, x) group by k order by k";
        let expected = ["a|1.000000000000000000|null", "b|null|null", "c|5.000000000000000000|5.000000000000000000"];
        assert_eq!(rows(&session(3), sql).await.unwrap(), expected);
    }

    #[tokio::test]
    async fn integers_and_decimals_of_any_scale_are_taken_and_nothing_else() {
        for (kind, given) in [
            ("tinyint", "-100"),
            ("bigint", "9223372036854775807"),
            ("bigint unsigned", "18446744073709551615"),
            ("decimal(5, 2)", "-12.34"),
            ("decimal(38, 0)", "99999999999999999999"),
            ("decimal(76, 30)", "1.500000000000000000000000000000"),
        ] {
            let sum = value(&format!("select money_sum(cast({given} as {kind}))")).await.unwrap();
            let expected = value(&format!("select cast({given} as decimal(38, 18))")).await.unwrap();
            assert_eq!(sum, expected, "{kind}");
        }
        let error = refusal("select money_sum(x) from (values (0.0000000000000000001)) as t(x)").await;
        assert!(error.contains("money_sum: 0.0000000000000000001 does not fit decimal(38, 18)"), "{error}");
        let error = refusal("select money_sum(cast(1e20 as decimal(38, 0)))").await;
        assert!(error.contains("money_sum: 100000000000000000000 does not fit"), "{error}");
        let error = refusal("select money_sum(cast(1 as double))").await;
        assert!(error.contains("money_sum takes decimals and integers, not Float64: a float has"), "{error}");
        let error = refusal("select money_sum('1')").await;
        assert!(error.contains("use exact_decimal on text first"), "{error}");
        let error = refusal("select money_sum(date '2024-01-01')").await;
        assert!(error.contains("money_sum takes decimals and integers, not Date32"), "{error}");
        let error = refusal("select money_sum(1, 2)").await;
        assert!(error.contains("money_sum takes 1 argument, not 2"), "{error}");
    }

    #[tokio::test]
    async fn the_result_is_a_decimal_of_38_digits_and_18_after_the_point_that_may_be_null() {
        let frame = session(1).sql("select money_sum(1) as total").await.unwrap();
        let field = frame.schema().field(0);
        assert_eq!((field.data_type(), field.is_nullable()), (&MONEY, true));
    }

    #[tokio::test]
    async fn many_groups_over_several_partitions_each_have_their_own_sum() {
        for context in sessions_that_skip_partial_groups_and_do_not() {
            let sql = "select count(*), money_sum(total), money_sum(odd), min(total), max(total) from (
                select value % 5000 as k, money_sum(value) as total, money_sum(value) filter (where value % 2 = 1) as odd
                from generate_series(0, 19999) group by value % 5000)";
            assert_eq!(
                rows(&context, sql).await.unwrap(),
                [
                    "5000|199990000.000000000000000000|100000000.000000000000000000|30000.000000000000000000|49996.000000000000000000"
                ]
            );
        }
    }

    #[tokio::test]
    async fn groups_in_the_order_of_the_input_are_emitted_as_they_end() {
        let sql = "select k, money_sum(x) from (select value / 100 as k, case when value % 3 = 0 then null else value end as x
            from generate_series(0, 999) order by k) group by k order by k limit 2";
        assert_eq!(rows(&session(1), sql).await.unwrap(), ["0|3267.000000000000000000", "1|10000.000000000000000000"]);
    }

    #[tokio::test]
    async fn a_sliding_frame_adds_the_rows_that_enter_and_takes_off_those_that_leave() {
        let values = format!(
            "(values ('a', 1, 1.5), ('a', 2, null), ('a', 3, -4.25), ('a', 4, 8), ('a', 5, null), ('b', 1, {BIG}),
            ('b', 2, 5), ('b', 3, -{BIG})) as t(k, n, x)"
        );
        let sql = format!(
            "select k, n, money_sum(x) over (partition by k order by n rows between 2 preceding and current row),
            money_sum(x) over (partition by k), money_sum(x) over (partition by k order by n),
            money_sum(x) over (partition by k order by n rows between 1 preceding and 1 preceding)
            from {values} order by k, n"
        );
        let expected = [
            "a|1|1.500000000000000000|5.250000000000000000|1.500000000000000000|null",
            "a|2|1.500000000000000000|5.250000000000000000|1.500000000000000000|1.500000000000000000",
            "a|3|-2.750000000000000000|5.250000000000000000|-2.750000000000000000|null",
            "a|4|3.750000000000000000|5.250000000000000000|5.250000000000000000|-4.250000000000000000",
            "a|5|3.750000000000000000|5.250000000000000000|5.250000000000000000|8.000000000000000000",
            "b|1|90000000000000000000.000000000000000000|5.000000000000000000|90000000000000000000.000000000000000000|null",
            "b|2|90000000000000000005.000000000000000000|5.000000000000000000|90000000000000000005.000000000000000000|90000000000000000000.000000000000000000",
            "b|3|5.000000000000000000|5.000000000000000000|5.000000000000000000|5.000000000000000000",
        ];
        for partitions in [1, 3] {
            assert_eq!(rows(&session(partitions), &sql).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn distinct_counts_a_value_once_in_groups_and_in_frames() {
        let values = "(values ('a', 1, 2.5), ('a', 2, 2.5), ('a', 3, 1), ('a', 4, null), ('b', 1, null)) as t(k, n, x)";
        let sql =
            format!("select k, money_sum(distinct x), money_sum(x), count(*) from {values} group by k order by k");
        let expected = ["a|3.500000000000000000|6.000000000000000000|4", "b|null|null|1"];
        assert_eq!(rows(&session(3), &sql).await.unwrap(), expected);
        let sql = format!("select money_sum(distinct x) from {values}");
        assert_eq!(value(&sql).await.unwrap(), "3.500000000000000000");
    }

    #[test]
    fn a_distinct_total_forgets_a_value_when_its_last_row_leaves() {
        let array = |values: Vec<i128>| -> Vec<ArrayRef> {
            vec![Arc::new(Decimal128Array::from(values).with_precision_and_scale(PRECISION, SCALE).unwrap())]
        };
        let mut total = DistinctTotal::default();
        total.update_batch(&array(vec![5, 5, 7])).unwrap();
        total.retract_batch(&array(vec![5, 7])).unwrap();
        assert_eq!(total.evaluate().unwrap(), money(Some(5)));
        let state = total.state().unwrap().remove(0).to_array().unwrap();
        let mut merged = DistinctTotal::default();
        merged.merge_batch(&[Arc::clone(&state)]).unwrap();
        merged.merge_batch(&[state]).unwrap();
        assert_eq!(merged.evaluate().unwrap(), money(Some(5)));
        total.retract_batch(&array(vec![5])).unwrap();
        assert_eq!(total.evaluate().unwrap(), money(None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn groups_split_and_merged_in_any_way_give_the_sum_of_their_rows(
            given in prop::collection::vec((0_usize..5, prop::option::of(-(LARGEST as i128)..=LARGEST as i128), any::<bool>()), 0..60),
            cut in 0_usize..60,
            first in 0_usize..6,
        ) {
            let mut expected = vec![None; 5];
            for (group, value, kept) in &given {
                if let (Some(value), true) = (value, kept) {
                    let total: &mut Option<i256> = &mut expected[*group];
                    *total = Some(total.unwrap_or(i256::ZERO).wrapping_add(i256::from_i128(*value)));
                }
            }
            let parts = given.split_at(cut.min(given.len()));
            let mut merged = GroupTotals { totals: Vec::new(), seen: NullState::new() };
            for (part, direct) in [(parts.0, false), (parts.1, true)] {
                let values: ArrayRef = Arc::new(part.iter().map(|row| row.1).collect::<Decimal128Array>().with_precision_and_scale(PRECISION, SCALE).unwrap());
                let groups: Vec<usize> = part.iter().map(|row| row.0).collect();
                let filter: BooleanArray = part.iter().map(|row| Some(row.2)).collect();
                let mut partial = GroupTotals { totals: Vec::new(), seen: NullState::new() };
                if direct {
                    let state = partial.convert_to_state(&[values], Some(&filter)).unwrap();
                    merged.merge_batch(&state, &groups, 5).unwrap();
                } else {
                    partial.update_batch(&[values], &groups, Some(&filter), 5).unwrap();
                    let first = first.min(5);
                    if first > 0 {
                        let early = partial.state(EmitTo::First(first)).unwrap();
                        merged.merge_batch(&early, &(0..first).collect::<Vec<_>>(), first).unwrap();
                    }
                    let late = partial.state(EmitTo::All).unwrap();
                    merged.merge_batch(&late, &(first..5).collect::<Vec<_>>(), 5).unwrap();
                }
            }
            let totals = merged.state(EmitTo::All).unwrap();
            prop_assert_eq!(totals[0].as_primitive::<Decimal256Type>().iter().collect::<Vec<_>>(), expected);
        }
    }
}
