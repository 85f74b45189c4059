//! Exact amounts. A price has 6 decimals, a quantity 12, and an amount the 18 of their product, so nothing is ever rounded.
//!
//! Everything is an `i128` of the smallest unit; floats would make known answers that are not quite known. The bounds are
//! far off: 10^9 units at a price of 10^3 is 10^30 of at most 1.7 × 10^38, and overflow panics in every profile of ours.

use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// Price of one unit, in millionths of the unit of its credit type (for USD: of a cent).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Price(pub i128);

/// A usage quantity, in 10^-12 of the metric's unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(pub i128);

/// An amount in 10^-18 of the unit of its credit type (for USD: of a cent).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i128);

impl Price {
    /// Decimals of a price.
    pub const SCALE: u32 = 6;
}

impl Quantity {
    /// Decimals of a quantity.
    pub const SCALE: u32 = 12;

    /// So many whole units.
    pub fn whole(units: u64) -> Self {
        Self(i128::from(units) * 10_i128.pow(Self::SCALE))
    }

    /// So many quarters of a unit.
    pub fn quarters(quarters: u64) -> Self {
        Self(i128::from(quarters) * 25 * 10_i128.pow(Self::SCALE - 2))
    }
}

impl Amount {
    /// Decimals of an amount.
    pub const SCALE: u32 = 18;
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many hundredths of the unit of the credit type.
    pub const fn hundredths(hundredths: i128) -> Self {
        Self(hundredths * 10_i128.pow(Self::SCALE - 2))
    }

    /// So many hundredths of this amount, what is below the last decimal cut off.
    pub fn percent(self, percent: i128) -> Self {
        Self(self.0 * percent / 100)
    }
}

impl Mul<Price> for Quantity {
    type Output = Amount;

    fn mul(self, price: Price) -> Amount {
        Amount(self.0 * price.0)
    }
}

impl AddAssign for Quantity {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), Add::add)
    }
}

/// `units` of 10^-`scale` written out: no exponent, no trailing zeros, no point where nothing follows it.
pub fn plain(units: i128, scale: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let one = 10_u128.pow(scale);
    let (whole, fraction) = (units.unsigned_abs() / one, units.unsigned_abs() % one);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{fraction:0width$}", width = scale as usize);
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_without_trailing_zeros() {
        assert_eq!(plain(0, 6), "0");
        assert_eq!(plain(1_500_000, 6), "1.5");
        assert_eq!(plain(-50, 3), "-0.05");
        assert_eq!(plain(12_000, 3), "12");
    }

    #[test]
    fn a_quarter_times_a_small_price_keeps_every_digit() {
        let amount = Quantity::quarters(3) * Price(82_500);
        assert_eq!(plain(amount.0, Amount::SCALE), "0.061875");
    }
}
