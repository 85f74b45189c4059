//! The SQL functions of our own: exact money arithmetic and the texts of what JSON holds.
//!
//! They exist because the engine's own `sum` wraps, its `*` and `/` give up or cut digits at scale 18, its cast from text to
//! decimal rounds, and its `count(distinct …)` asks 14 KiB a group. Each is immutable, holds no state and is known by its name
//! alone, so any process that calls [`register`] can run a plan that names them. Nothing here may know a table, a setting or a
//! file.

mod count;
mod currency_digits;
mod date_in_zone;
mod days;
mod exact;
mod exact_decimal;
mod filters_pass;
mod grouped;
mod instant;
mod json_elements;
mod json_text;
mod money_arithmetic;
mod money_round;
mod money_share;
mod money_sum;
mod money_total;
mod months;
mod names;

use std::sync::Arc;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF};
use datafusion::prelude::SessionContext;

/// Every function of ours, the scalar ones and then the aggregates, in the order a reader meets them in the documents.
#[must_use]
pub fn all() -> (Vec<Arc<ScalarUDF>>, Vec<Arc<AggregateUDF>>) {
    let scalars = vec![
        ScalarUDF::from(money_arithmetic::MoneyArithmetic::multiply()),
        ScalarUDF::from(money_arithmetic::MoneyArithmetic::divide()),
        ScalarUDF::from(money_share::MoneyShare::new()),
        ScalarUDF::from(money_round::MoneyRound::new()),
        ScalarUDF::from(currency_digits::CurrencyDigits::new()),
        ScalarUDF::from(exact_decimal::ExactDecimal::strict()),
        ScalarUDF::from(exact_decimal::ExactDecimal::lenient()),
        ScalarUDF::from(date_in_zone::DateInZone::new()),
        ScalarUDF::from(months::MonthOf::new()),
        ScalarUDF::from(months::AddMonths::new()),
        ScalarUDF::from(days::DaysThrough::months()),
        ScalarUDF::from(days::DaysThrough::days()),
        ScalarUDF::from(instant::Instant::of_text()),
        ScalarUDF::from(instant::Instant::real()),
        ScalarUDF::from(json_text::JsonText::new()),
        ScalarUDF::from(json_elements::JsonElements::of_array()),
        ScalarUDF::from(json_elements::JsonElements::of_object()),
        ScalarUDF::from(filters_pass::FiltersPass::new()),
        ScalarUDF::from(names::NameMatches::new()),
        ScalarUDF::from(names::NamesOf::new()),
    ];
    let aggregates = vec![
        AggregateUDF::from(money_sum::MoneySum::new()),
        AggregateUDF::from(money_total::MoneyTotal::new()),
        AggregateUDF::from(count::Count::default()),
    ];
    (scalars.into_iter().map(Arc::new).collect(), aggregates.into_iter().map(Arc::new).collect())
}

/// Makes every function of ours known to the session, the aggregates also as window functions.
pub fn register(context: &SessionContext) {
    let (scalars, aggregates) = all();
    for function in scalars {
        context.register_udf(function.as_ref().clone());
    }
    for function in aggregates {
        context.register_udaf(function.as_ref().clone());
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A session as the engine makes it, and one answer of it as text.

    use datafusion::arrow::array::{Array, RecordBatch};
    use datafusion::arrow::util::display::array_value_to_string;
    use datafusion::prelude::{SessionConfig, SessionContext};

    /// A session in UTC with decimal literals, our functions, and as many partitions as asked.
    pub(crate) fn session(partitions: usize) -> SessionContext {
        let config = SessionConfig::new()
            .set_bool("datafusion.sql_parser.parse_float_as_decimal", true)
            .set_str("datafusion.execution.time_zone", "UTC")
            .with_target_partitions(partitions)
            .with_batch_size(64);
        let context = SessionContext::new_with_config(config);
        super::register(&context);
        context
    }

    /// Sessions of four partitions: in the first a partial aggregation of tiny groups gives up and hands its rows on, in the second it
    /// goes on. Both have to come to the same.
    pub(crate) fn sessions_that_skip_partial_groups_and_do_not() -> [SessionContext; 2] {
        [0.0, 1.0].map(|skip| {
            let context = session(4);
            let state = context.state_ref();
            let mut state = state.write();
            let options = &mut state.config_mut().options_mut().execution;
            options.skip_partial_aggregation_probe_ratio_threshold = skip;
            options.skip_partial_aggregation_probe_rows_threshold = 100;
            drop(state);
            context
        })
    }

    /// The rows of a query: values by `|`, rows in the query's order, null as `null`.
    pub(crate) async fn rows(context: &SessionContext, sql: &str) -> Result<Vec<String>, String> {
        let frame = context.sql(sql).await.map_err(|error| error.to_string())?;
        let batches = frame.collect().await.map_err(|error| error.to_string())?;
        let mut rows = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                rows.push(line(batch, row)?);
            }
        }
        Ok(rows)
    }

    fn line(batch: &RecordBatch, row: usize) -> Result<String, String> {
        let values: Result<Vec<String>, String> = batch
            .columns()
            .iter()
            .map(|column| match column.is_null(row) {
                true => Ok("null".to_owned()),
                false => array_value_to_string(column, row).map_err(|error| error.to_string()),
            })
            .collect();
        Ok(values?.join("|"))
    }

    /// The one value of a query of one row and one column.
    pub(crate) async fn value(sql: &str) -> Result<String, String> {
        let rows = rows(&session(2), sql).await?;
        match rows.as_slice() {
            [row] => Ok(row.clone()),
            rows => Err(format!("{} rows", rows.len())),
        }
    }

    /// The error of a query that must not succeed.
    pub(crate) async fn refusal(sql: &str) -> String {
        match rows(&session(2), sql).await {
            Ok(rows) => panic!("expected an error from {sql}, not {rows:?}"),
            Err(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::Volatility;

    #[test]
    fn every_function_is_immutable_documented_and_named_in_lower_case() {
        let (scalars, aggregates) = super::all();
        for function in scalars {
            assert_eq!(function.signature().volatility, Volatility::Immutable, "{}", function.name());
            assert!(function.documentation().is_some(), "{}", function.name());
            assert_eq!(function.name(), function.name().to_lowercase());
        }
        for function in aggregates {
            assert_eq!(function.signature().volatility, Volatility::Immutable, "{}", function.name());
            assert!(function.documentation().is_some(), "{}", function.name());
            assert_eq!(function.name(), function.name().to_lowercase());
        }
    }
}
