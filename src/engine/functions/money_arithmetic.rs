//! `money_mul` and `money_div`: a product and a quotient as decimal(38, 18), rounded once, half away from zero.
//!
//! The engine's own `*` needs scale 36 and its `/` cuts digits and overflows on the way; here only the result must fit.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{Array, ArrayRef, Decimal128Array};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::exact::{
    MONEY, PRECISION, SCALE, UNIT, arguments, divided, divided_wide, does_not_fit, exact, miscounted, signed, text,
    wide,
};

static MULTIPLY: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_MATH,
        "The exact product as decimal(38, 18), rounded half away from zero at the 18th digit; null if an argument is; \
         an error when it has more than 38 digits.",
        "money_mul(quantity, unit_price)",
    )
    .with_argument("quantity", "A decimal or an integer; every value must fit decimal(38, 18) exactly.")
    .with_argument("unit_price", "As the first.")
    .build()
});

static DIVIDE: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_MATH,
        "The quotient as decimal(38, 18), rounded half away from zero at the 18th digit; null if an argument is; an \
         error when it has more than 38 digits or the divisor is zero (use nullif).",
        "money_div(amount, nullif(quantity, 0))",
    )
    .with_argument("amount", "A decimal or an integer; every value must fit decimal(38, 18) exactly.")
    .with_argument("quantity", "As the first, not zero.")
    .build()
});

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    Multiply,
    Divide,
}

/// The scalar functions `money_mul(a, b)` and `money_div(a, b)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MoneyArithmetic {
    operation: Operation,
    signature: Signature,
}

impl MoneyArithmetic {
    /// `money_mul`.
    pub(super) fn multiply() -> Self {
        Self { operation: Operation::Multiply, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// `money_div`.
    pub(super) fn divide() -> Self {
        Self { operation: Operation::Divide, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for MoneyArithmetic {
    fn name(&self) -> &str {
        match self.operation {
            Operation::Multiply => "money_mul",
            Operation::Divide => "money_div",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments(self.name(), 2, given)
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(MONEY)
    }

    fn return_field_from_args(&self, given: ReturnFieldArgs) -> Result<FieldRef> {
        let nullable = given.arg_fields.iter().any(|field| field.is_nullable());
        Ok(Arc::new(Field::new(self.name(), MONEY, nullable)))
    }

    fn is_strict(&self) -> bool {
        true
    }

    fn invoke_with_args(&self, given: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let name = self.name();
        let [left, right] = given.args.as_slice() else {
            return exec_err!("{}", miscounted(name, 2, given.args.len()));
        };
        let (left, right) = (Operand::of(name, left)?, Operand::of(name, right)?);
        match self.operation {
            Operation::Multiply => evaluate(&left, &right, product, multiply_failed),
            Operation::Divide => evaluate(&left, &right, quotient, divide_failed),
        }
    }

    fn documentation(&self) -> Option<&Documentation> {
        match self.operation {
            Operation::Multiply => Some(&MULTIPLY),
            Operation::Divide => Some(&DIVIDE),
        }
    }
}

/// An argument as decimal(38, 18).
enum Operand {
    Constant(Option<i128>),
    Column(Decimal128Array),
}

impl Operand {
    fn of(function: &str, value: &ColumnarValue) -> Result<Self> {
        match value {
            ColumnarValue::Array(array) => Ok(Self::Column(exact(function, array)?)),
            ColumnarValue::Scalar(scalar) => {
                let array = exact(function, &scalar.to_array()?)?;
                Ok(Self::Constant(array.iter().next().flatten()))
            }
        }
    }
}

/// Runs the operation where both sides have a value; `failed` words the error only when there is one.
fn evaluate(
    left: &Operand,
    right: &Operand,
    operation: impl Fn(i128, i128) -> Option<i128>,
    failed: impl Fn(i128, i128) -> DataFusionError,
) -> Result<ColumnarValue> {
    let checked = |left: i128, right: i128| operation(left, right).ok_or_else(|| failed(left, right));
    let array: Decimal128Array = match (left, right) {
        (Operand::Constant(None), _) | (_, Operand::Constant(None)) => return Ok(constant(None)),
        (Operand::Constant(Some(left)), Operand::Constant(Some(right))) => {
            return Ok(constant(Some(checked(*left, *right)?)));
        }
        (Operand::Column(left), Operand::Constant(Some(right))) => left.try_unary(|left| checked(left, *right))?,
        (Operand::Constant(Some(left)), Operand::Column(right)) => right.try_unary(|right| checked(*left, right))?,
        (Operand::Column(left), Operand::Column(right)) => {
            let nulls = NullBuffer::union(left.nulls(), right.nulls());
            let pairs = left.values().iter().zip(right.values().iter());
            let values: Vec<i128> = match &nulls {
                None => pairs.map(|(left, right)| checked(*left, *right)).collect::<Result<_>>()?,
                // what lies under a null is not a value and must not fail
                Some(nulls) => pairs
                    .zip(nulls.iter())
                    .map(|((left, right), there)| if there { checked(*left, *right) } else { Ok(0) })
                    .collect::<Result<_>>()?,
            };
            Decimal128Array::new(values.into(), nulls)
        }
    };
    Ok(ColumnarValue::Array(Arc::new(array.with_precision_and_scale(PRECISION, SCALE)?) as ArrayRef))
}

fn constant(value: Option<i128>) -> ColumnarValue {
    ColumnarValue::Scalar(ScalarValue::Decimal128(value, PRECISION, SCALE))
}

fn multiply_failed(left: i128, right: i128) -> DataFusionError {
    does_not_fit("money_mul", &format!("{} * {}", text(left), text(right)))
}

fn divide_failed(left: i128, right: i128) -> DataFusionError {
    match right {
        0 => exec_datafusion_err!("money_div: {} / 0 is not a number; write nullif(divisor, 0) for null", text(left)),
        _ => does_not_fit("money_div", &format!("{} / {}", text(left), text(right))),
    }
}

/// The stored number of a product of two; nothing when it does not fit.
///
/// With a = A·10¹⁸ + α and b = B·10¹⁸ + β the product over 10¹⁸ is A·B·10¹⁸ + A·β + α·B + α·β/10¹⁸. Each term has at most
/// 39 digits when the result fits, so 128 bits do, and only the last term is rounded.
fn product(left: i128, right: i128) -> Option<i128> {
    let (a, b) = (left.unsigned_abs(), right.unsigned_abs());
    let ((a_whole, a_part), (b_whole, b_part)) = ((a / UNIT, a % UNIT), (b / UNIT, b % UNIT));
    let magnitude = a_whole
        .checked_mul(b_whole)?
        .checked_mul(UNIT)?
        .checked_add(a_whole.checked_mul(b_part)?)?
        .checked_add(a_part.checked_mul(b_whole)?)?
        .checked_add(divided(a_part * b_part, UNIT))?;
    signed(magnitude, (left < 0) != (right < 0))
}

/// The stored number of a quotient of two; nothing when it does not fit or the divisor is zero.
fn quotient(left: i128, right: i128) -> Option<i128> {
    if right == 0 {
        return None;
    }
    let (a, b) = (left.unsigned_abs(), right.unsigned_abs());
    let magnitude = match a.checked_mul(UNIT) {
        Some(shifted) => divided(shifted, b),
        None => (a / b).checked_mul(UNIT)?.checked_add(match (a % b).checked_mul(UNIT) {
            Some(rest) => divided(rest, b),
            None => divided_wide(wide(a % b).checked_mul(wide(UNIT))?, wide(b))?,
        })?,
    };
    signed(magnitude, (left < 0) != (right < 0))
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::datatypes::i256;
    use proptest::prelude::*;

    use super::super::exact::LARGEST;
    use super::super::testing::{refusal, rows, session, value};
    use super::*;

    /// The rule itself in 256 bits: numerator over divisor, half away from zero, at most 38 digits.
    fn rounded(numerator: i256, divisor: i256) -> Option<i128> {
        let (a, b) = (numerator.checked_abs()?, divisor.checked_abs()?);
        let twice = a.checked_mul(i256::from_i128(2))?.checked_add(b)?;
        let magnitude = twice.checked_div(b.checked_mul(i256::from_i128(2))?)?.to_i128()?;
        let value = if numerator.is_negative() != divisor.is_negative() { -magnitude } else { magnitude };
        (value.unsigned_abs() <= LARGEST).then_some(value)
    }

    fn stored() -> impl Strategy<Value = i128> {
        let largest = LARGEST as i128;
        prop_oneof![
            -largest..=largest,
            any::<i64>().prop_map(i128::from),
            (-100_000_i128..100_000).prop_map(|cents| cents * 10_i128.pow(16)),
            -1000_i128..1000,
            (0_u32..38, -9_i128..10).prop_map(|(power, digit)| digit * 10_i128.pow(power)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn products_and_quotients_equal_the_rule_in_256_bits(left in stored(), right in stored()) {
            let (a, b) = (i256::from_i128(left), i256::from_i128(right));
            let unit = i256::from_i128(UNIT as i128);
            prop_assert_eq!(product(left, right), rounded(a.checked_mul(b).unwrap(), unit));
            let expected = if right == 0 { None } else { rounded(a.checked_mul(unit).unwrap(), b) };
            prop_assert_eq!(quotient(left, right), expected);
        }
    }

    #[tokio::test]
    async fn a_product_is_rounded_half_away_from_zero_at_the_18th_digit() {
        for (left, right, expected) in [
            ("1234567.123456789012", "3.5", "4320984.932098761542000000"),
            ("0.000000000000000001", "0.5", "0.000000000000000001"),
            ("-0.000000000000000001", "0.5", "-0.000000000000000001"),
            ("0.000000000000000001", "0.499999999999999999", "0.000000000000000000"),
            ("0.000000000000000003", "-0.5", "-0.000000000000000002"),
            ("99999999999999999999", "1", "99999999999999999999.000000000000000000"),
            ("9999999999", "9999999999", "99999999980000000001.000000000000000000"),
            ("0", "-5", "0.000000000000000000"),
        ] {
            assert_eq!(
                value(&format!("select money_mul({left}, {right})")).await.unwrap(),
                expected,
                "{left} * {right}"
            );
        }
        let error = refusal("select money_mul(10000000000, 10000000000)").await;
        assert!(
            error.contains("money_mul: 10000000000.000000000000000000 * 10000000000.000000000000000000 does not fit decimal(38, 18)"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_quotient_is_rounded_half_away_from_zero_at_the_18th_digit() {
        for (left, right, expected) in [
            ("1.1", "3", "0.366666666666666667"),
            ("100", "3", "33.333333333333333333"),
            ("2", "3", "0.666666666666666667"),
            ("-2", "3", "-0.666666666666666667"),
            ("0.000000000000000001", "2", "0.000000000000000001"),
            ("-0.000000000000000001", "2", "-0.000000000000000001"),
            ("0.000000000000000001", "2.000000000000000001", "0.000000000000000000"),
            ("99999999999999999999.999999999999999999", "1", "99999999999999999999.999999999999999999"),
            (
                "99999999999999999999.999999999999999999",
                "99999999999999999999.999999999999999998",
                "1.000000000000000000",
            ),
            ("12345678901234567890.123456789", "98765432109876543210.987654321", "0.124999998860937500"),
        ] {
            assert_eq!(
                value(&format!("select money_div({left}, {right})")).await.unwrap(),
                expected,
                "{left} / {right}"
            );
        }
        let error = refusal("select money_div(99999999999, 0.000000000000000001)").await;
        assert!(
            error.contains("money_div: 99999999999.0") && error.contains("does not fit decimal(38, 18)"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn division_by_zero_is_an_error_that_names_the_function_and_nullif_gives_null() {
        let error = refusal("select money_div(x, y) from (values (1.5, 0)) as t(x, y)").await;
        assert!(error.contains("money_div: 1.500000000000000000 / 0 is not a number"), "{error}");
        assert_eq!(value("select money_div(x, nullif(y, 0)) from (values (1.5, 0)) as t(x, y)").await.unwrap(), "null");
        assert_eq!(value("select money_div(null, 0)").await.unwrap(), "null");
    }

    #[tokio::test]
    async fn columns_and_constants_mix_and_a_null_on_either_side_gives_null() {
        let sql = "select money_mul(x, y), money_mul(x, 2), money_mul(2, x), money_mul(x, null), money_div(x, nullif(y, 0)), money_div(x, 4), money_div(1, nullif(x, 0))
            from (values (1, 1.5, 3), (2, null, 0), (3, -2, null), (4, 0, 0)) as t(n, x, y) order by n";
        let expected = [
            "4.500000000000000000|3.000000000000000000|3.000000000000000000|null|0.500000000000000000|0.375000000000000000|0.666666666666666667",
            "null|null|null|null|null|null|null",
            "null|-4.000000000000000000|-4.000000000000000000|null|null|-0.500000000000000000|-0.500000000000000000",
            "0.000000000000000000|0.000000000000000000|0.000000000000000000|null|null|0.000000000000000000|null",
        ];
        assert_eq!(rows(&session(2), sql).await.unwrap(), expected);
    }

    #[test]
    fn what_lies_under_a_null_never_fails() {
        let ones = Decimal128Array::from(vec![1, 1]);
        let zero_under_null = Decimal128Array::new(vec![0, 1].into(), Some(NullBuffer::from(vec![false, true])));
        let (left, right) = (Operand::Column(ones), Operand::Column(zero_under_null));
        let ColumnarValue::Array(result) = evaluate(&left, &right, quotient, divide_failed).unwrap() else {
            panic!("expected an array");
        };
        assert!(result.is_null(0) && result.is_valid(1));
    }

    #[tokio::test]
    async fn floats_and_text_are_refused_when_the_query_is_planned() {
        let error = refusal("select money_mul(cast(1 as double), 2)").await;
        assert!(error.contains("money_mul takes decimals and integers, not Float64"), "{error}");
        let error = refusal("select money_div(1, '2')").await;
        assert!(error.contains("money_div takes decimals and integers, not Utf8: use exact_decimal"), "{error}");
        let error = refusal("select money_div(1)").await;
        assert!(error.contains("money_div takes 2 arguments, not 1"), "{error}");
    }

    #[tokio::test]
    async fn a_result_may_be_null_only_if_an_argument_may() {
        let frame = session(1).sql("select money_mul(1, 2) as a, money_mul(1, null) as b").await.unwrap();
        let fields: Vec<_> =
            frame.schema().fields().iter().map(|field| (field.data_type(), field.is_nullable())).collect();
        assert_eq!(fields, [(&MONEY, false), (&MONEY, true)]);
    }
}
