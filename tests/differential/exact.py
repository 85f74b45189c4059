"""Numbers and moments: exact fractions, UTC, and the months and days that they belong to. No float anywhere."""

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

ZERO = Fraction(0)
INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)


def exact(text):
    """The number that a decimal text stands for; None for an empty one."""
    return Fraction(Decimal(text)) if text else None


def parse(text):
    """A JSON text with exact numbers; None for an empty one."""
    return json.loads(text, parse_float=exact, parse_int=exact) if text else None


@lru_cache(maxsize=100_000)
def moment(text):
    """The moment that a text stands for, in any of the spellings of exports; None for an empty one."""
    if not text:
        return None
    day, _, clock = text.strip().removesuffix("UTC").strip().removesuffix("Z").replace("T", " ").partition(" ")
    clock = clock.removesuffix("+00:00")
    if not clock:
        return datetime.fromisoformat(day)
    hour, rest = clock.split(":", 1)
    return datetime.fromisoformat(f"{day} {hour:0>2}:{rest}")


@lru_cache(maxsize=100_000)
def month(at):
    """The first day of the month of a moment or day."""
    return date(at.year, at.month, 1)


@lru_cache(maxsize=100_000)
def month_before(at):
    """The first day of the month of the last instant before a moment."""
    return month(at - INSTANT)


def next_month(first):
    """The first day of the month after one."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def months_between(first, last):
    """First days of months, both ends included."""
    while first <= last:
        yield first
        first = next_month(first)


def months_on(day, count):
    """The same day so many months later, or the last of a month that has none such."""
    year, place = divmod(day.year * 12 + day.month - 1 + count, 12)
    first = date(year, place + 1, 1)
    return first + min(timedelta(day.day - 1), next_month(first) - first - DAY)


@lru_cache(maxsize=100_000)
def shares(start, end, until=None):
    """The months of a stretch of time, each with its share of the days; the day of the last instant counts. With `until`
    only the days before it have a share."""
    first, last = start.date(), (end - INSTANT).date()
    whole = (last - first).days + 1
    counted = last if until is None else min(last, (until - INSTANT).date())
    parts = []
    for begin in months_between(month(first), month(counted)):
        days = (min(counted, next_month(begin) - DAY) - max(first, begin)).days + 1
        parts.append((begin, Fraction(days, whole)))
    return parts


def zoned(at, policy):
    """A moment as the clocks of the books show it, without its zone."""
    name = policy["reporting_time_zone"]
    if at is None or name == "UTC":
        return at
    return at.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(name)).replace(tzinfo=None)


def written(at):
    """A moment as reports write it."""
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}" + (f".{at:%f}" if at.microsecond else "") + "Z"
