//! `money_total`: the exact sum of what every row has, or nothing where one row's amount is not known.
//!
//! `money_sum` leaves out rows without a value, which is right for amounts that do not apply and wrong for amounts that are
//! missing: a sum over all but one of them is a figure that nobody can tell from a whole one.

use std::mem::size_of;
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Decimal256Array};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer};
use datafusion::arrow::datatypes::{DataType, Decimal256Type, Field, FieldRef, i256};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::{AggregateOrderSensitivity, format_state_name};
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, Documentation, EmitTo, GroupsAccumulator, ReversedUDAF, Signature, Volatility,
};

use super::exact::{MONEY, PRECISION, SCALE, arguments, exact};
use super::grouped::only;
use super::money_sum::{TOTAL, TOTAL_PRECISION, add_up, money, result};

const NAME: &str = "money_total";

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::aggregate_doc_sections::DOC_SECTION_GENERAL,
        "The exact sum of decimals or integers as decimal(38, 18), as money_sum, of rows that all must have a value: null as soon \
         as one has none, 0 where there are no rows.",
        "money_total(amount) filter (where status = 'FINALIZED')",
    )
    .with_argument("amount", "A decimal or an integer; every value must fit decimal(38, 18) exactly.")
    .build()
});

/// The aggregate and window function `money_total(amount)`; `filter` and sliding frames included, `distinct` not.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MoneyTotal {
    signature: Signature,
}

impl MoneyTotal {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for MoneyTotal {
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
        if arguments.is_distinct {
            return plan_err!("{NAME} has no distinct");
        }
        let field = |what: &str, kind| Arc::new(Field::new(format_state_name(arguments.name, what), kind, false));
        Ok(vec![field(NAME, TOTAL), field("unknown", DataType::Boolean)])
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if arguments.is_distinct {
            return plan_err!("{NAME} has no distinct");
        }
        Ok(Box::new(Total::default()))
    }

    fn groups_accumulator_supported(&self, arguments: AccumulatorArgs) -> bool {
        !arguments.is_distinct
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(GroupTotals::default()))
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(money(Some(0)))
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

/// The two columns of a state: totals, and whether a value was missing.
fn states(columns: &[ArrayRef]) -> Result<(&ArrayRef, &BooleanArray)> {
    match columns {
        [totals, unknown] => Ok((totals, unknown.as_boolean())),
        _ => exec_err!("{NAME} keeps two states, not {}", columns.len()),
    }
}

/// The total of one group, or of a window frame that rows enter and leave.
#[derive(Debug, Default)]
struct Total {
    total: i256,
    unknown: u64,
}

impl Accumulator for Total {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = exact(NAME, only(NAME, values)?)?;
        self.total = self.total.wrapping_add(add_up(&values));
        self.unknown += values.null_count() as u64;
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = exact(NAME, only(NAME, values)?)?;
        self.total = self.total.wrapping_sub(add_up(&values));
        self.unknown -= values.null_count() as u64;
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        match self.unknown {
            0 => Ok(money(Some(result(self.total)?))),
            _ => Ok(money(None)),
        }
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let total = ScalarValue::Decimal256(Some(self.total), TOTAL_PRECISION, SCALE);
        Ok(vec![total, ScalarValue::Boolean(Some(self.unknown > 0))])
    }

    fn merge_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let (totals, unknown) = states(columns)?;
        let totals = totals.as_primitive::<Decimal256Type>();
        self.total = totals.iter().flatten().fold(self.total, i256::wrapping_add);
        self.unknown += unknown.true_count() as u64;
        Ok(())
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }
}

/// The totals of all groups of a `group by`.
#[derive(Default)]
struct GroupTotals {
    totals: Vec<i256>,
    unknown: Vec<bool>,
}

impl GroupTotals {
    fn grow(&mut self, groups: usize) {
        self.totals.resize(groups, i256::ZERO);
        self.unknown.resize(groups, false);
    }

    fn take(&mut self, emit: EmitTo) -> (Vec<i256>, Vec<bool>) {
        (emit.take_needed(&mut self.totals), emit.take_needed(&mut self.unknown))
    }
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
        self.grow(group_count);
        for (row, group) in groups.iter().enumerate() {
            if filter.is_some_and(|filter| filter.is_null(row) || !filter.value(row)) {
                continue;
            }
            match values.is_null(row) {
                true => self.unknown[*group] = true,
                false => self.totals[*group] = self.totals[*group].wrapping_add(i256::from_i128(values.value(row))),
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, columns: &[ArrayRef], groups: &[usize], group_count: usize) -> Result<()> {
        let (totals, unknown) = states(columns)?;
        let totals = totals.as_primitive::<Decimal256Type>();
        self.grow(group_count);
        for (row, group) in groups.iter().enumerate() {
            self.totals[*group] = self.totals[*group].wrapping_add(totals.value(row));
            self.unknown[*group] |= unknown.value(row);
        }
        Ok(())
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let (totals, unknown) = self.take(emit);
        // What is not known is not judged by what is: a total of the rest may not even fit.
        let results =
            totals.into_iter().zip(&unknown).map(|(total, unknown)| if *unknown { Ok(0) } else { result(total) });
        let results = results.collect::<Result<Vec<i128>>>()?;
        let nulls = NullBuffer::new(BooleanBuffer::collect_bool(unknown.len(), |group| !unknown[group]));
        Ok(Arc::new(Decimal128Array::new(results.into(), Some(nulls)).with_precision_and_scale(PRECISION, SCALE)?))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        let (totals, unknown) = self.take(emit);
        let totals = Decimal256Array::new(totals.into(), None).with_precision_and_scale(TOTAL_PRECISION, SCALE)?;
        Ok(vec![Arc::new(totals), Arc::new(BooleanArray::from(unknown))])
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let values = exact(NAME, only(NAME, values)?)?;
        let is_in = |row: usize| filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        let total = |row: usize| if is_in(row) && values.is_valid(row) { values.value(row) } else { 0 };
        let totals: Vec<i256> = (0..values.len()).map(|row| i256::from_i128(total(row))).collect();
        let totals = Decimal256Array::new(totals.into(), None).with_precision_and_scale(TOTAL_PRECISION, SCALE)?;
        let unknown: Vec<bool> = (0..values.len()).map(|row| is_in(row) && values.is_null(row)).collect();
        Ok(vec![Arc::new(totals), Arc::new(BooleanArray::from(unknown))])
    }

    fn size(&self) -> usize {
        self.totals.capacity() * size_of::<i256>() + self.unknown.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, rows, session, sessions_that_skip_partial_groups_and_do_not, value};

    #[tokio::test]
    async fn a_row_without_a_value_leaves_no_total_and_no_rows_are_nothing() {
        let of = |values: &str| format!("select money_total(x) from (values {values}) as t (x)");
        assert_eq!(value(&of("(1.5), (2), (-0.25)")).await.unwrap(), "3.250000000000000000");
        assert_eq!(value(&of("(1.5), (null), (2)")).await.unwrap(), "null");
        assert_eq!(
            value("select money_total(x) from (values (1.5)) as t (x) where x > 2").await.unwrap(),
            "0.000000000000000000"
        );
    }

    #[tokio::test]
    async fn a_filter_chooses_the_rows_that_must_have_a_value() {
        let sql = "select g, money_total(x) filter (where k = 'a'), money_total(x) filter (where k = 'c')
                   from (values (1, 'a', 1.5), (1, 'b', null), (2, 'a', null), (2, 'a', 2), (3, null, null)) as t (g, k, x)
                   group by g order by g";
        let expected = [
            "1|1.500000000000000000|0.000000000000000000",
            "2|null|0.000000000000000000",
            "3|0.000000000000000000|0.000000000000000000",
        ];
        for partitions in [1, 4] {
            assert_eq!(rows(&session(partitions), sql).await.unwrap(), expected);
        }
    }

    #[tokio::test]
    async fn groups_over_many_partitions_and_batches_agree_with_money_sum() {
        let sql = "select count(*) from (
                       select value % 97 as g, money_total(value) as total, money_sum(value) as sum,
                           money_total(case when value = 97 * 7 then null else value end) as holed
                       from generate_series(1, 20000) group by value % 97
                   ) as t where total <> sum or (holed is null) <> (g = 0)";
        assert_eq!(rows(&session(4), sql).await.unwrap(), ["0"]);
    }

    #[tokio::test]
    async fn a_total_past_38_digits_is_an_error_unless_it_is_not_known() {
        let of = |more: &str| {
            format!(
                "select g, money_total(x) from (values (1, 99999999999999999999.0), (1, 1.0){more}) as t (g, x) group by g"
            )
        };
        let error = refusal(&of("")).await;
        assert!(error.contains("100000000000000000000.0"), "{error}");
        assert_eq!(rows(&session(3), &of(", (1, null)")).await.unwrap(), ["1|null"]);
        assert_eq!(rows(&session(3), &of(", (1, -2.0)")).await.unwrap(), ["1|99999999999999999998.000000000000000000"]);
    }

    #[tokio::test]
    async fn many_groups_over_several_partitions_keep_their_totals_and_what_is_missing() {
        for context in sessions_that_skip_partial_groups_and_do_not() {
            let sql = "select count(*), count(total), money_sum(total), money_sum(odd) from (
                select money_total(case when value % 5000 <> 7 then value end) as total,
                    money_total(case when value % 5000 <> 7 then value end) filter (where value % 2 = 0) as odd
                from generate_series(0, 19999) group by value % 5000)";
            let totals = "5000|4999|199959972.000000000000000000|99990000.000000000000000000";
            assert_eq!(rows(&context, sql).await.unwrap(), [totals]);
        }
    }

    #[tokio::test]
    async fn a_window_forgets_a_missing_value_when_it_leaves_the_frame() {
        let sql = "select i, money_total(x) over (order by i rows between 1 preceding and current row)
                   from (values (1, 1), (2, null), (3, 3), (4, 4)) as t (i, x) order by i";
        let totals = ["1|1.000000000000000000", "2|null", "3|null", "4|7.000000000000000000"];
        assert_eq!(rows(&session(1), sql).await.unwrap(), totals);
    }

    #[tokio::test]
    async fn what_is_no_number_is_refused() {
        assert!(refusal("select money_total('a')").await.contains("money_total"));
    }
}
