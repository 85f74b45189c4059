//! The JSON of schedules and ledgers inside a row, as the export shapes it: `date` and `end_date` where the API says
//! `starting_at` and `ending_before`, a credit type by id and name, entry types in lower case.

use crate::calendar::Millis;
use crate::decimal::Amount;
use crate::json::{Json, Object, list, zulu};

/// A credit type: id and name. None where amounts count units of a product.
pub(crate) type Unit<'a> = Option<(&'a str, &'a str)>;

/// A stretch of time in which an amount may be used.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) id: String,
    /// Inclusive.
    pub(crate) start: Millis,
    /// Exclusive.
    pub(crate) end: Millis,
    pub(crate) amount: Amount,
}

/// A date on which a part of the price is billed.
#[derive(Debug, Clone)]
pub(crate) struct Billed {
    pub(crate) id: String,
    pub(crate) at: Millis,
    pub(crate) amount: Amount,
    /// None until there is one.
    pub(crate) invoice: Option<String>,
}

fn unit_of(unit: Unit<'_>) -> Object {
    Object::new().set("credit_type_id", unit.map(|(id, _)| id)).set("credit_type_name", unit.map(|(_, name)| name))
}

/// `access_schedule`.
pub(crate) fn access(unit: Unit<'_>, items: &[Access]) -> Json {
    let items = list(items, |item| {
        Object::new()
            .set("id", &item.id)
            .set("date", zulu(item.start))
            .set("end_date", zulu(item.end))
            .set("amount", item.amount)
    });
    unit_of(unit).set("schedule_items", items).into()
}

/// `invoice_schedule`; without items what is never billed, or not here.
pub(crate) fn billing(unit: Unit<'_>, items: &[Billed]) -> Json {
    let never = items.is_empty();
    let items = list(items, |item| {
        Object::new()
            .set("id", &item.id)
            .set("date", zulu(item.at))
            .set("amount", item.amount)
            .set("invoice_id", item.invoice.as_ref())
    });
    unit_of(unit)
        .set("do_not_invoice", never)
        .set("schedule_items", items)
        .set("recurring_schedule", None::<&str>)
        .into()
}

/// What every entry of a ledger says. What only some say comes behind it.
pub(crate) fn entry(kind: &str, at: Millis, amount: Amount) -> Object {
    Object::new().set("type", kind).set("timestamp", zulu(at)).set("amount", amount)
}

/// What a recurring definition gives or bills each time.
pub(crate) fn each_time(unit: Unit<'_>, amount: Amount) -> Json {
    Object::new().set("unit_price", amount).set("quantity", 1_i64).and(unit_of(unit)).into()
}
