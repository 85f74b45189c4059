//! `money_round`: a decimal rounded half away from zero that stays decimal(38, 18).
//!
//! The engine's `round(x, 2)` has another scale before its second argument is folded than after, so a comparison or a join
//! with it is planned for one scale and run on the other, and finds no equal rows. Here the type never changes.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, AsArray, Decimal128Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, exec_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::exact::{MONEY, PRECISION, SCALE, arguments, divided, does_not_fit, exact, miscounted, signed, text};

const NAME: &str = "money_round";

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_MATH,
        "The value rounded half away from zero to so many digits after the point, still decimal(38, 18); null if an \
         argument is; an error when the result has more than 38 digits.",
        "money_round(amount, 2)",
    )
    .with_argument("amount", "A decimal or an integer; every value must fit decimal(38, 18) exactly.")
    .with_argument("digits", "A whole number; negative for tens, hundreds and so on; from 18 up nothing changes.")
    .build()
});

/// The scalar function `money_round(amount, digits)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MoneyRound {
    signature: Signature,
}

impl MoneyRound {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for MoneyRound {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        let amount = arguments(NAME, 2, given)?.swap_remove(0);
        match &given[1] {
            digits if digits.is_integer() || digits.is_null() => Ok(vec![amount, DataType::Int64]),
            other => plan_err!("{NAME} takes a whole number of digits, not {other}"),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(MONEY)
    }

    fn return_field_from_args(&self, given: ReturnFieldArgs) -> Result<FieldRef> {
        let nullable = given.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(NAME, MONEY, nullable)))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [amount, digits] = given.args.as_slice() else {
            return exec_err!("{}", miscounted(NAME, 2, given.args.len()));
        };
        if let (ColumnarValue::Array(amounts), ColumnarValue::Scalar(digits)) = (amount, digits) {
            let ScalarValue::Int64(digits) = digits else {
                return exec_err!("{NAME} takes a whole number of digits, not {}", digits.data_type());
            };
            let Some(digits) = digits else {
                return Ok(ColumnarValue::Scalar(ScalarValue::Decimal128(None, PRECISION, SCALE)));
            };
            let step = step(*digits);
            return column(exact(NAME, amounts)?.try_unary(|amount| checked(amount, step))?);
        }
        let constant = matches!((amount, digits), (ColumnarValue::Scalar(_), ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { given.number_rows };
        let amounts = exact(NAME, &amount.to_array(rows)?)?;
        let digits = digits.to_array(rows)?;
        let rounded: Decimal128Array = amounts
            .iter()
            .zip(digits.as_primitive::<Int64Type>().iter())
            .map(|(amount, digits)| match (amount, digits) {
                (Some(amount), Some(digits)) => checked(amount, step(digits)).map(Some),
                _ => Ok(None),
            })
            .collect::<Result<_>>()?;
        if constant {
            let value = rounded.iter().next().flatten();
            return Ok(ColumnarValue::Scalar(ScalarValue::Decimal128(value, PRECISION, SCALE)));
        }
        column(rounded)
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

fn column(rounded: Decimal128Array) -> Result<ColumnarValue> {
    Ok(ColumnarValue::Array(Arc::new(rounded.with_precision_and_scale(PRECISION, SCALE)?) as ArrayRef))
}

/// The stored number that results are multiples of. Past 10³⁸ every value rounds alike, to zero.
fn step(digits: i64) -> u128 {
    let dropped = i64::from(SCALE).saturating_sub(digits).max(0);
    u32::try_from(dropped).ok().and_then(|dropped| 10_u128.checked_pow(dropped)).unwrap_or(u128::MAX)
}

fn checked(amount: i128, step: u128) -> Result<i128> {
    divided(amount.unsigned_abs(), step)
        .checked_mul(step)
        .and_then(|magnitude| signed(magnitude, amount < 0))
        .ok_or_else(|| does_not_fit(NAME, &text(amount)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{refusal, rows, session, value};

    #[tokio::test]
    async fn values_are_rounded_half_away_from_zero() {
        for (amount, digits, expected) in [
            ("1.005", "2", "1.010000000000000000"),
            ("-1.005", "2", "-1.010000000000000000"),
            ("1.004999999999999999", "2", "1.000000000000000000"),
            ("0.5", "0", "1.000000000000000000"),
            ("-0.5", "0", "-1.000000000000000000"),
            ("1250", "-2", "1300.000000000000000000"),
            ("1.123456789012345678", "18", "1.123456789012345678"),
            ("1.123456789012345678", "400", "1.123456789012345678"),
            ("99999999999999999999", "-19", "null"),
            ("4999999999999999999", "-19", "0.000000000000000000"),
            ("99999999999999999999", "-21", "0.000000000000000000"),
            ("99999999999999999999", "-400", "0.000000000000000000"),
            ("7", "2", "7.000000000000000000"),
        ] {
            for sql in [
                format!("select money_round({amount}, {digits})"),
                format!("select money_round(x, {digits}) from (values ({amount})) as t(x)"),
                format!("select money_round({amount}, d) from (values ({digits})) as t(d)"),
            ] {
                let result = value(&sql).await;
                match expected {
                    "null" => assert!(result.unwrap_err().contains("does not fit decimal(38, 18)"), "{sql}"),
                    expected => assert_eq!(result.unwrap(), expected, "{sql}"),
                }
            }
        }
    }

    #[tokio::test]
    async fn null_gives_null_and_other_types_are_refused() {
        let sql = "select money_round(x, 1), money_round(x, null), money_round(null, 1) from (values (1, 1.25), (2, null)) as t(n, x) order by n";
        assert_eq!(rows(&session(2), sql).await.unwrap(), ["1.300000000000000000|null|null", "null|null|null"]);
        assert!(refusal("select money_round(cast(1 as double), 1)").await.contains("not Float64"));
        assert!(refusal("select money_round(1.5, 1.0)").await.contains("a whole number of digits"));
    }

    #[tokio::test]
    async fn a_rounded_amount_joins_and_compares_as_the_value_it_is() {
        let (a, b) =
            ("(values (cast(1.01 as decimal(38, 18)))) as a(y)", "(values (cast(1.005 as decimal(38, 18)))) as b(x)");
        for sql in [
            format!("select y from {a} join {b} on y = money_round(x, 2)"),
            format!("select y from {a} join (select money_round(x, 2) as r from {b}) as c on y = r"),
            format!("select y from {a} where y in (select money_round(x, 2) from {b})"),
            format!("select coalesce(money_round(x, 2), 5) from {b} where money_round(x, 2) = 1.01"),
        ] {
            assert_eq!(value(&sql).await.unwrap(), "1.010000000000000000", "{sql}");
        }
    }
}
