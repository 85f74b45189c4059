//! `money_share`: a part of an amount, as decimal(38, 18), rounded once, half away from zero.
//!
//! `money_div(money_mul(amount, part), whole)` rounds twice, and what the first rounding takes grows with each whole below one:
//! 19.7154 · 0.0143 / 0.0143 came to 19.715400000000000033. Here only the result must fit, and all of the whole is all of the amount.

use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::{ArrayRef, Decimal128Array};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, exec_datafusion_err, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::exact::{
    MONEY, PRECISION, SCALE, arguments, divided_wide, does_not_fit, exact, miscounted, signed, text, wide,
};

const NAME: &str = "money_share";

static DOCUMENTATION: LazyLock<Documentation> = LazyLock::new(|| {
    Documentation::builder(
        datafusion::logical_expr::scalar_doc_sections::DOC_SECTION_MATH,
        "The part of an amount, amount · part / whole, as decimal(38, 18), rounded once, half away from zero at the 18th digit; \
         null if an argument is; an error when it has more than 38 digits or the whole is zero (use nullif).",
        "money_share(paid_amount, drawn, nullif(granted, 0))",
    )
    .with_argument("amount", "A decimal or an integer; every value must fit decimal(38, 18) exactly.")
    .with_argument("part", "As the first.")
    .with_argument("whole", "As the first, not zero.")
    .build()
});

/// The scalar function `money_share(amount, part, whole)`.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct MoneyShare {
    signature: Signature,
}

impl MoneyShare {
    /// The function, ready to be registered.
    pub(super) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for MoneyShare {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        arguments(NAME, 3, given)
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
        let columns = ColumnarValue::values_to_arrays(&given.args)?;
        let [amount, part, whole] = columns.as_slice() else {
            return exec_err!("{}", miscounted(NAME, 3, given.args.len()));
        };
        let (amount, part, whole) = (exact(NAME, amount)?, exact(NAME, part)?, exact(NAME, whole)?);
        let rows = amount.iter().zip(part.iter()).zip(whole.iter());
        let shares = rows.map(|((amount, part), whole)| match (amount, part, whole) {
            (Some(amount), Some(part), Some(whole)) => checked(amount, part, whole).map(Some),
            _ => Ok(None),
        });
        let shares: Decimal128Array = shares.collect::<Result<Vec<_>>>()?.into();
        let shares: ArrayRef = Arc::new(shares.with_precision_and_scale(PRECISION, SCALE)?);
        Ok(ColumnarValue::Array(shares))
    }

    fn documentation(&self) -> Option<&Documentation> {
        Some(&DOCUMENTATION)
    }
}

fn checked(amount: i128, part: i128, whole: i128) -> Result<i128> {
    share(amount, part, whole).ok_or_else(|| match whole {
        0 => exec_datafusion_err!(
            "{NAME}: {} * {} / 0 is not a number; write nullif(whole, 0) for null",
            text(amount),
            text(part)
        ),
        _ => does_not_fit(NAME, &format!("{} * {} / {}", text(amount), text(part), text(whole))),
    })
}

/// The stored number of a share; nothing when it does not fit or the whole is zero. The units of part and whole cancel out.
fn share(amount: i128, part: i128, whole: i128) -> Option<i128> {
    // Two numbers of 38 digits have a product of 76, which 256 bits hold.
    let product = wide(amount.unsigned_abs()).checked_mul(wide(part.unsigned_abs()))?;
    let magnitude = divided_wide(product, wide(whole.unsigned_abs()))?;
    signed(magnitude, (amount < 0) ^ (part < 0) ^ (whole < 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::exact::LARGEST;
    use super::super::testing::{refusal, rows, session, value};
    use super::*;

    proptest! {
        #[test]
        fn all_of_the_whole_is_all_of_the_amount_and_signs_only_turn(
            amount in -(LARGEST as i128)..=LARGEST as i128,
            part in -10_i128.pow(20)..10_i128.pow(20),
            whole in 1..10_i128.pow(20),
        ) {
            prop_assert_eq!(share(amount, whole, whole), Some(amount));
            prop_assert_eq!(share(amount, -part, whole), share(amount, part, whole).map(|share| -share));
            prop_assert_eq!(share(amount, part, -whole), share(amount, part, whole).map(|share| -share));
            prop_assert_eq!(share(amount, part, whole), share(part, amount, whole));
        }

        #[test]
        fn a_share_is_at_most_half_of_the_last_digit_away(amount in any::<i64>(), part in any::<i64>(), whole in any::<i64>()) {
            prop_assume!(whole != 0);
            let (amount, part, whole) = (i128::from(amount), i128::from(part), i128::from(whole));
            if let Some(share) = share(amount, part, whole) {
                let off = (amount * part).checked_sub(share * whole).unwrap();
                prop_assert!(2 * off.unsigned_abs() <= whole.unsigned_abs(), "{off} of {whole}");
            }
        }
    }

    #[tokio::test]
    async fn a_share_is_rounded_once_half_away_from_zero_at_the_18th_digit() {
        for (given, expected) in [
            ("19.7154, 0.000143000000000001, 0.000143000000000001", "19.715400000000000000"),
            ("100, 1, 3", "33.333333333333333333"),
            ("100, 2, 3", "66.666666666666666667"),
            ("-100, 2, 3", "-66.666666666666666667"),
            ("0.000000000000000001, 1, 2", "0.000000000000000001"),
            ("0.000000000000000001, -1, 2", "-0.000000000000000001"),
            ("0.000000000000000001, 0.000000000000000001, 0.000000000000000003", "0.000000000000000000"),
            (
                "99999999999999999999, 99999999999999999999, 99999999999999999999",
                "99999999999999999999.000000000000000000",
            ),
        ] {
            assert_eq!(value(&format!("select money_share({given})")).await.unwrap(), expected, "{given}");
        }
    }

    #[tokio::test]
    async fn a_null_gives_null_and_a_whole_of_zero_is_an_error_that_names_nullif() {
        let sql = "select money_share(x, 2, nullif(y, 0)) from (values (1, 3, 4), (2, null, 4), (3, 3, 0)) as t(n, x, y) order by n";
        assert_eq!(rows(&session(2), sql).await.unwrap(), ["1.500000000000000000", "null", "null"]);
        let error = refusal("select money_share(x, 1, 0) from (values (1.5)) as t(x)").await;
        assert!(
            error.contains("money_share: 1.500000000000000000 * 1.000000000000000000 / 0 is not a number"),
            "{error}"
        );
        let error = refusal("select money_share(99999999999, 99999999999, 0.1)").await;
        assert!(error.contains("does not fit decimal(38, 18)"), "{error}");
        let error = refusal("select money_share(1, '2', 3)").await;
        assert!(error.contains("money_share takes decimals and integers, not Utf8"), "{error}");
    }
}
