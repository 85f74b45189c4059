//! The digits of decimals that leave a query.
//!
//! The engine's `+` and `-` on decimals check for 128 bits, not for the digits of the type: 6·10¹⁹ + 6·10¹⁹ at decimal(38,
//! 18) is stored in full and printed without its first digit. What a query returns is checked here before it is written.

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Decimal256Type};

/// Whether every decimal of a batch has at most the digits its type allows; top-level columns, nulls left out.
///
/// # Errors
/// The column and the engine's words for the first value that has more.
pub fn check(batch: &RecordBatch) -> Result<(), String> {
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let checked = match column.data_type() {
            DataType::Decimal128(precision, _) => {
                column.as_primitive::<Decimal128Type>().validate_decimal_precision(*precision)
            }
            DataType::Decimal256(precision, _) => {
                column.as_primitive::<Decimal256Type>().validate_decimal_precision(*precision)
            }
            _ => Ok(()),
        };
        checked.map_err(|error| format!("column {} has a value with too many digits: {error}", field.name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::functions::testing::session;

    #[tokio::test]
    async fn a_sum_of_39_digits_that_the_engine_lets_pass_is_caught() {
        let sum = |term: &str| {
            format!(
                "select x + y as total from (values (cast({term} as decimal(38, 18)), cast({term} as decimal(38, 18))), (null, 1)) as t(x, y)"
            )
        };
        let result = session(1).sql(&sum("60000000000000000000")).await.unwrap().collect().await.unwrap();
        let refusal = super::check(&result[0]).unwrap_err();
        assert!(refusal.starts_with("column total has a value with too many digits"), "{refusal}");
        let result = session(1).sql(&sum("49999999999999999999")).await.unwrap().collect().await.unwrap();
        assert_eq!(super::check(&result[0]), Ok(()));
    }
}
