//! Usage events in both dialects, and the repeats that an at-least-once delivery brings.

use super::csv::{Egress, field};
use crate::account::Account;
use crate::calendar::{DAY, HOUR, Millis, SECOND, date, midnight, rfc3339_text, zoned_text};
use crate::decimal::{Quantity, plain};
use crate::event::{Body, Event, Value};
use crate::random::mix;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::ops::Range;

const FLAT_HEAD: &str = "transaction_id,customer_id,timestamp,event_type,properties,environment_type\r\n";
const TRANSFER_HEAD: &str =
    "transaction_id,environment_type,customer_id,timestamp,event_type,properties,_metronome_metadata_id,updated_at\n";
/// Rows of one part of a transfer.
const PART_ROWS: usize = 50_000;

fn sender<'a>(account: &'a Account, event: &Event) -> &'a str {
    let Some(customer) = event.customer.map(|place| &account.customers[place]) else { return "unheard-of-sender" };
    customer.aliases.get(event.sender).map_or(customer.id.as_str(), String::as_str)
}

/// When an event was taken in: seconds after it happened, or days where it came late.
fn taken_in(account: &Account, event: &Event) -> Millis {
    account.late(event).unwrap_or(event.at) + SECOND + (mix(event.number) % 60_000) as i64
}

/// Properties as a map literal, `{words=12, model=atlas-1}`.
fn map_literal(body: &Body, text: &mut String) {
    text.push('{');
    body.properties(|name, value| {
        if text.len() > 1 {
            text.push_str(", ");
        }
        let _ = write!(text, "{name}=");
        match value {
            Value::Text(word) => text.push_str(word),
            Value::Whole(number) => _ = write!(text, "{number}"),
            Value::Numbered(word, number) => _ = write!(text, "{word}{number}"),
            Value::Decimal(quantity) => text.push_str(&plain(quantity.0, Quantity::SCALE)),
        }
    });
    text.push('}');
}

/// Properties as a JSON object inside a quoted CSV field. Quantities with decimals are texts, so that no reader's float
/// touches them.
fn quoted_json(body: &Body, row: &mut String) {
    row.push_str("\"{");
    let mut first = true;
    body.properties(|name, value| {
        if !first {
            row.push(',');
        }
        first = false;
        row.push_str("\"\"");
        row.push_str(name);
        row.push_str("\"\":");
        let _ = match value {
            Value::Text(word) => write!(row, "\"\"{word}\"\""),
            Value::Whole(number) => write!(row, "{number}"),
            Value::Numbered(word, number) => write!(row, "\"\"{word}{number}\"\""),
            Value::Decimal(quantity) => write!(row, "\"\"{}\"\"", plain(quantity.0, Quantity::SCALE)),
        };
    });
    row.push_str("}\"");
}

fn flat_row(account: &Account, event: &Event, text: &mut String) {
    let mut properties = String::new();
    map_literal(&event.body, &mut properties);
    let _ = write!(text, "{:032x},{},{},", event.transaction, sender(account, event), zoned_text(event.at));
    text.push_str(event.body.event_type());
    text.push(',');
    field(text, &properties);
    text.push_str(",SANDBOX\r\n");
}

fn transfer_row(account: &Account, event: &Event, updated_at: Millis, text: &mut String) {
    let _ = write!(text, "{:032x},SANDBOX,{},", event.transaction, sender(account, event));
    text.push_str(&rfc3339_text(event.at));
    text.push(',');
    text.push_str(event.body.event_type());
    text.push(',');
    quoted_json(&event.body, text);
    let _ = write!(text, ",{:016x}", mix(event.number ^ account.seed));
    text.push(',');
    text.push_str(&rfc3339_text(updated_at));
    text.push('\n');
}

/// The sample: a flat file up to April 10, then three transfers that finish the account and get in each other's way. What came
/// late is in a transfer of its own.
pub(super) fn sample(account: &Account, egress: &mut Egress<'_>) -> io::Result<()> {
    let flat_until = date(2024, 4, 11);
    let (mut flat, mut late) = (String::from(FLAT_HEAD), String::from(TRANSFER_HEAD));
    let mut late_until = None;
    for event in account.all_events().take_while(|event| event.at < flat_until) {
        if let Some(at) = account.late(&event) {
            transfer_row(account, &event, taken_in(account, &event), &mut late);
            late_until = Some(midnight(at) + DAY);
            continue;
        }
        // Some rows twice: a flat file is a log of deliveries as well.
        for _ in 0..if event.number % 97 == 5 { 2 } else { 1 } {
            flat_row(account, &event, &mut flat);
        }
    }
    egress.write("events.csv", flat.as_bytes())?;
    if let Some(until) = late_until {
        egress.part("events", until + 2 * HOUR, 1, "csv", late.as_bytes())?;
    }

    let rows = |from: Millis, until: Millis, repeated: u64, text: &mut String| {
        let (first, last) = (account.first_event_from(from), account.first_event_from(until));
        for event in (first - repeated..last).map(|number| account.event(number)) {
            transfer_row(account, &event, taken_in(account, &event), text);
        }
    };
    // Image events of March that were corrected: the newer version comes first, the older one in the last transfer.
    let corrected: Vec<Event> = (account.first_event_from(date(2024, 3, 12))..account.events)
        .map(|number| account.event(number))
        .filter(|event| matches!(event.body, Body::Images { .. }) && event.at % DAY != 0)
        .take(3)
        .collect();
    let at = |day: i64| date(2024, 4, day) + 2 * HOUR;

    let mut first = String::from(TRANSFER_HEAD);
    rows(flat_until, date(2024, 4, 12), 12, &mut first);
    for event in &corrected {
        transfer_row(account, event, date(2024, 4, 11) + 12 * HOUR, &mut first);
    }
    egress.part("events", at(12), 1, "csv", first.as_bytes())?;

    let (mut ninth, mut tenth) = (String::from(TRANSFER_HEAD), String::from(TRANSFER_HEAD));
    rows(date(2024, 4, 12), date(2024, 4, 14), 6, &mut ninth);
    rows(date(2024, 4, 14), date(2024, 4, 16), 6, &mut tenth);
    egress.part("events", at(16), 10, "csv", tenth.as_bytes())?;
    egress.part("events", at(16), 9, "csv", ninth.as_bytes())?;

    let mut last = String::from(TRANSFER_HEAD);
    rows(date(2024, 4, 16), date(2024, 4, 21), 10, &mut last);
    for event in &corrected {
        let mut wrong = event.clone();
        if let Body::Images { count, .. } = &mut wrong.body {
            *count += 50;
        }
        transfer_row(account, &wrong, taken_in(account, event), &mut last);
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(last.as_bytes())?;
    egress.part("events", at(21), 1, "csv.gz", &packed.finish()?)
}

/// The large account: a transfer a day, one day at a time, so memory holds no more than a part.
pub(super) fn size(account: &Account, egress: &mut Egress<'_>) -> io::Result<()> {
    let mut day = account.window.start;
    while day < account.window.end {
        let (first, last) = (account.first_event_from(day), account.first_event_from(day + DAY));
        let before = account.first_event_from(day - DAY);
        let mut transfer = Transfer { egress, at: day + DAY + 2 * HOUR, part: 1, rows: 0, text: String::new() };
        // The tail of the last transfer again, as it was; and of the day before that a few rows with a newer time.
        let on_time = |event: &Event| account.late(event).is_none();
        let all = |numbers: Range<u64>| numbers.map(|number| account.event(number));
        for event in all(first - (first - before) / 100..first).filter(on_time) {
            transfer.push(account, &event, taken_in(account, &event))?;
        }
        for event in all(before..first).filter(|event| event.number % 100 == 50).filter(on_time) {
            transfer.push(account, &event, day + DAY + HOUR)?;
        }
        let arrives = |event: &Event| account.late(event).is_some_and(|at| day <= at && at < day + DAY);
        for event in all(account.first_event_from(day - 7 * DAY)..first).filter(arrives) {
            transfer.push(account, &event, taken_in(account, &event))?;
        }
        for event in all(first..last).filter(on_time) {
            transfer.push(account, &event, taken_in(account, &event))?;
        }
        transfer.finish()?;
        day += DAY;
    }
    Ok(())
}

/// One transfer of the large account, cut into parts.
struct Transfer<'a, 'b> {
    egress: &'a mut Egress<'b>,
    at: Millis,
    part: u32,
    rows: usize,
    text: String,
}

impl Transfer<'_, '_> {
    fn push(&mut self, account: &Account, event: &Event, updated_at: Millis) -> io::Result<()> {
        if self.rows == PART_ROWS {
            self.finish()?;
        }
        if self.rows == 0 {
            self.text.push_str(TRANSFER_HEAD);
        }
        transfer_row(account, event, updated_at, &mut self.text);
        self.rows += 1;
        Ok(())
    }

    /// Writes the part begun, if any, and makes ready for the next one.
    fn finish(&mut self) -> io::Result<()> {
        if self.rows > 0 {
            self.egress.part("events", self.at, self.part, "csv", self.text.as_bytes())?;
            self.part += 1;
            self.rows = 0;
            self.text.clear();
        }
        Ok(())
    }
}
