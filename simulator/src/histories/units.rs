//! Amounts, and the months that days belong to. Nothing of billing.

use crate::calendar::{DAY, Millis, civil, date};
use crate::decimal::{Amount, plain};
use crate::price_list::Currency;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// An amount in millionths of the unit of its credit type: for USD of a cent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Micros(pub(super) i128);

impl Micros {
    /// Nothing.
    pub(super) const ZERO: Self = Self(0);
    /// One unit of a credit type.
    pub(super) const ONE: Self = Self(1_000_000);
    /// The smallest amount of a line: a ten-thousandth of a cent. A hundredth of it is still a whole number.
    pub(super) const GRAIN: i128 = 100;

    /// As export files have it.
    pub(super) fn amount(self) -> Amount {
        Amount(self.0 * 10_i128.pow(Amount::SCALE - 6))
    }

    /// In units of the currency, which for USD are dollars.
    pub(super) fn text(self, unit: Currency) -> String {
        plain(self.0, 6 + unit.shift())
    }

    /// So many parts of a whole that divides it; or all of it, or nothing.
    pub(super) fn share(self, parts: i64, whole: i64) -> Self {
        if parts == whole || parts == 0 {
            return if parts == 0 { Self::ZERO } else { self };
        }
        debug_assert!(self.0 % i128::from(whole) == 0, "{} in {whole} parts", self.0);
        Self(self.0 / i128::from(whole) * i128::from(parts))
    }

    /// So many hundredths of it: exact, as amounts are multiples of [`Self::GRAIN`].
    pub(super) fn percent(self, percent: i128) -> Self {
        debug_assert!(self.0 * percent % 100 == 0, "{percent} % of {}", self.0);
        Self(self.0 * percent / 100)
    }

    /// The largest multiple of a grain that is not above it.
    pub(super) fn floor(self, grain: i128) -> Self {
        Self(self.0 / grain * grain)
    }
}

impl Add for Micros {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Micros {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Micros {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Micros {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Micros {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Micros {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// A part of a total by days where it need not divide: in 10^-18 of a currency, so that all parts add up. Each is the
/// difference of what has passed by its end and by its begin, both rounded half away from zero.
pub(super) fn rounded_share(total: Micros, unit: Currency, before: i64, through: i64, whole: i64) -> i128 {
    let scaled = total.0 * 10_i128.pow(12 - unit.shift());
    let until = |passed: i64| {
        let (parts, whole) = (scaled * i128::from(passed), i128::from(whole));
        (2 * parts.abs() + whole) / (2 * whole) * parts.signum()
    };
    until(through) - until(before)
}

/// A stretch of time: inclusive, exclusive.
pub(super) type Span = (Millis, Millis);

/// The first day of the month of a moment.
pub(super) fn month(at: Millis) -> Millis {
    let (year, month, _) = civil(at);
    date(year, month, 1)
}

/// The first day of the month of the last instant before a moment.
pub(super) fn month_before(at: Millis) -> Millis {
    month(at - 1)
}

/// The same day so many months on; for days that every month has.
pub(super) fn months_on(at: Millis, months: i64) -> Millis {
    let (year, month, day) = civil(at);
    let counted = year * 12 + month - 1 + months;
    date(counted.div_euclid(12), counted.rem_euclid(12) + 1, day)
}

/// How many days a stretch has.
pub(super) fn days(span: Span) -> i64 {
    (span.1 - span.0) / DAY
}

/// The months of a stretch, each with the days it has in them.
pub(super) fn months_of(span: Span) -> Vec<(Millis, i64)> {
    let mut months = Vec::new();
    let mut from = span.0;
    while from < span.1 {
        let next = months_on(month(from), 1).min(span.1);
        months.push((month(from), days((from, next))));
        from = next;
    }
    months
}

/// Of a stretch, what has passed by a moment; nothing where it has not begun.
pub(super) fn passed(span: Span, now: Millis) -> Span {
    (span.0, span.1.min(now).max(span.0))
}

/// What amounts of a stretch are multiples of, so that its months have whole parts of them.
pub(super) fn grain(span: Span) -> i128 {
    if month(span.0) == month_before(span.1) { Micros::GRAIN } else { Micros::GRAIN * i128::from(days(span)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_over_a_leap_month_has_its_days_in_three_months() {
        let span = (date(2024, 1, 20), date(2024, 3, 5));
        let found = months_of(span);
        assert_eq!(found, [(date(2024, 1, 1), 12), (date(2024, 2, 1), 29), (date(2024, 3, 1), 4)]);
        assert_eq!((days(span), grain(span)), (45, 4_500));
        assert_eq!(grain((date(2024, 2, 1), date(2024, 3, 1))), 100);
        assert_eq!(months_on(date(2023, 11, 15), 3), date(2024, 2, 15));
    }

    #[test]
    fn dollars_are_written_from_millionths_of_cents() {
        assert_eq!(Micros(123_400).text(Currency::Usd), "0.001234");
        assert_eq!(Micros(-123_400).text(Currency::Eur), "-0.1234");
        assert_eq!(plain(Micros(123_400).amount().0, Amount::SCALE), "0.1234");
    }
}
