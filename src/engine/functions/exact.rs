//! Numbers of any exact type as decimal(38, 18), or an error: what the money functions share.
//!
//! The engine would otherwise cast the arguments itself, and its cast rounds a finer scale without a word.

use datafusion::arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, Decimal128Array};
use datafusion::arrow::datatypes::{
    DataType, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType, Int8Type, Int16Type,
    Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type, i256,
};
use datafusion::common::{DataFusionError, Result, exec_datafusion_err, exec_err, plan_err};

/// Digits of the type that money and quantities have.
pub(super) const PRECISION: u8 = 38;
/// Digits of it after the point.
pub(super) const SCALE: i8 = 18;
/// One unit in the numbers it is stored as.
pub(super) const UNIT: u128 = 10_u128.pow(SCALE as u32);
/// The largest stored number; the smallest is its negative.
pub(super) const LARGEST: u128 = 10_u128.pow(PRECISION as u32) - 1;
/// The type itself.
pub(super) const MONEY: DataType = DataType::Decimal128(PRECISION, SCALE);

/// What is said of a call with more or fewer arguments than the function takes.
pub(super) fn miscounted(function: &str, takes: usize, given: usize) -> String {
    let arguments = if takes == 1 { "argument" } else { "arguments" };
    format!("{function} takes {takes} {arguments}, not {given}")
}

/// The types the engine must hand over, given the types it has: the same, as [`exact`] does the conversion.
///
/// # Errors
/// A planning error that names the function and the type, when an argument is no exact number or there is a wrong
/// number of arguments.
pub(super) fn arguments(function: &str, count: usize, given: &[DataType]) -> Result<Vec<DataType>> {
    if given.len() != count {
        return plan_err!("{}", miscounted(function, count, given.len()));
    }
    given
        .iter()
        .map(|given| match given {
            DataType::Null => Ok(MONEY),
            exact if exact.is_integer() || exact.is_decimal() => Ok(exact.clone()),
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                plan_err!(
                    "{function} takes decimals and integers, not {given}: a float has already lost the exact value"
                )
            }
            text if text.is_string() => {
                plan_err!("{function} takes decimals and integers, not {given}: use exact_decimal on text first")
            }
            other => plan_err!("{function} takes decimals and integers, not {other}"),
        })
        .collect()
}

/// The numbers of an array as decimal(38, 18), nulls kept; no copy when they already are.
///
/// # Errors
/// An execution error that names the function and the value, when a value does not fit exactly.
pub(super) fn exact(function: &str, array: &ArrayRef) -> Result<Decimal128Array> {
    let decimals = match array.data_type() {
        DataType::Decimal128(_, SCALE) => array.as_primitive::<Decimal128Type>().clone(),
        DataType::Decimal32(_, scale) => rescale::<Decimal32Type>(function, array, *scale)?,
        DataType::Decimal64(_, scale) => rescale::<Decimal64Type>(function, array, *scale)?,
        DataType::Decimal128(_, scale) => rescale::<Decimal128Type>(function, array, *scale)?,
        DataType::Decimal256(_, scale) => rescale_wide(function, array, *scale)?,
        DataType::Int8 => integers::<Int8Type>(function, array)?,
        DataType::Int16 => integers::<Int16Type>(function, array)?,
        DataType::Int32 => integers::<Int32Type>(function, array)?,
        DataType::Int64 => integers::<Int64Type>(function, array)?,
        DataType::UInt8 => integers::<UInt8Type>(function, array)?,
        DataType::UInt16 => integers::<UInt16Type>(function, array)?,
        DataType::UInt32 => integers::<UInt32Type>(function, array)?,
        DataType::UInt64 => integers::<UInt64Type>(function, array)?,
        DataType::Null => Decimal128Array::new_null(array.len()),
        other => return exec_err!("{function} takes decimals and integers, not {other}"),
    };
    Ok(decimals.with_precision_and_scale(PRECISION, SCALE)?)
}

/// The error for a result that has more than 38 digits.
pub(super) fn does_not_fit(function: &str, value: &str) -> DataFusionError {
    exec_datafusion_err!("{function}: {value} does not fit decimal({PRECISION}, {SCALE})")
}

/// A stored number as a person writes it.
pub(super) fn text(value: i128) -> String {
    // the type's own formatting cuts by the precision, which a sum of the engine's may exceed by a digit
    Decimal256Type::format_decimal(i256::from_i128(value), 76, SCALE)
}

/// The quotient rounded half up: of magnitudes, so away from zero once the sign is back.
pub(super) fn divided(value: u128, divisor: u128) -> u128 {
    let (whole, rest) = (value / divisor, value % divisor);
    whole + u128::from(rest >= divisor - rest)
}

/// The same where that needs more than 128 bits on the way; nothing when the result does, or the divisor is zero.
pub(super) fn divided_wide(value: i256, divisor: i256) -> Option<u128> {
    let (whole, rest) = (value.checked_div(divisor)?, value.checked_rem(divisor)?);
    let rounded = if rest >= divisor.wrapping_sub(rest) { whole.wrapping_add(i256::ONE) } else { whole };
    match rounded.to_parts() {
        (rounded, 0) => Some(rounded),
        _ => None,
    }
}

/// A number of 128 bits in 256.
pub(super) fn wide(value: u128) -> i256 {
    i256::from_parts(value, 0)
}

/// The stored number with its sign; nothing when it has more than 38 digits.
pub(super) fn signed(magnitude: u128, negative: bool) -> Option<i128> {
    if magnitude > LARGEST {
        return None;
    }
    let value = i128::try_from(magnitude).ok()?;
    Some(if negative { -value } else { value })
}

fn integers<T>(function: &str, array: &ArrayRef) -> Result<Decimal128Array>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128> + std::fmt::Display,
{
    // the widest, a u64, times 10^18 has 38 digits: it always fits
    array
        .as_primitive::<T>()
        .try_unary(|value| scaled(value.into(), 0).ok_or_else(|| does_not_fit(function, &value.to_string())))
}

fn rescale<T>(function: &str, array: &ArrayRef, scale: i8) -> Result<Decimal128Array>
where
    T: DecimalType,
    T::Native: Into<i128>,
{
    array.as_primitive::<T>().try_unary(|value| {
        scaled(value.into(), scale)
            .ok_or_else(|| does_not_fit(function, &T::format_decimal(value, T::MAX_PRECISION, scale)))
    })
}

fn rescale_wide(function: &str, array: &ArrayRef, scale: i8) -> Result<Decimal128Array> {
    array.as_primitive::<Decimal256Type>().try_unary(|value| {
        scaled_wide(value, scale)
            .ok_or_else(|| does_not_fit(function, &Decimal256Type::format_decimal(value, 76, scale)))
    })
}

/// `value` at `scale`, as the stored number of decimal(38, 18); nothing when it would be another value.
fn scaled(value: i128, scale: i8) -> Option<i128> {
    let steps = i32::from(SCALE) - i32::from(scale);
    let moved = match (10_i128.checked_pow(steps.unsigned_abs()), steps >= 0) {
        _ if value == 0 => 0,
        (Some(power), true) => value.checked_mul(power)?,
        (Some(power), false) if value % power == 0 => value / power,
        _ => return None,
    };
    (moved.unsigned_abs() <= LARGEST).then_some(moved)
}

fn scaled_wide(value: i256, scale: i8) -> Option<i128> {
    let steps = i32::from(SCALE) - i32::from(scale);
    let power = i256::from_i128(10).checked_pow(steps.unsigned_abs());
    let moved = match (power, steps >= 0) {
        _ if value == i256::ZERO => i256::ZERO,
        (Some(power), true) => value.checked_mul(power)?,
        (Some(power), false) if value.checked_rem(power)? == i256::ZERO => value.checked_div(power)?,
        _ => return None,
    };
    moved.to_i128().filter(|moved| moved.unsigned_abs() <= LARGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_changes_its_scale_only_when_nothing_is_lost() {
        assert_eq!(scaled(15, 1), Some(1_500_000_000_000_000_000));
        assert_eq!(scaled(-15, 1), Some(-1_500_000_000_000_000_000));
        assert_eq!(scaled(15, -2), Some(1_500_000_000_000_000_000_000));
        assert_eq!(scaled(10, 19), Some(1));
        assert_eq!(scaled(1, 19), None);
        assert_eq!(scaled(0, 38), Some(0));
        assert_eq!(scaled(i128::MAX, 38), None);
        assert_eq!(scaled(10_i128.pow(20), 0), None);
        assert_eq!(scaled(10_i128.pow(20) - 1, 0), Some((10_i128.pow(20) - 1) * 10_i128.pow(18)));
        assert_eq!(scaled_wide(i256::from_i128(10).wrapping_pow(58), 76), Some(1));
        assert_eq!(scaled_wide(i256::from_i128(10).wrapping_pow(57), 76), None);
        assert_eq!(scaled_wide(i256::from_i128(10).wrapping_pow(38), 18), None);
        assert_eq!(scaled_wide(i256::from_i128(-7), 0), Some(-7_000_000_000_000_000_000));
    }
}
