//! Invoices of a customer: the list, one of them, and their breakdown into windows.

use super::ask::Ask;
use super::endpoint::{Answer, Endpoint, Paging, Reply, Rows};
use super::field::{Is, may, must};
use super::invoice_json::{invoice, type_text};
use super::json::offset;
use super::refusal::Refusal;
use crate::account::{Account, Period};
use crate::calendar::{DAY, HOUR, Millis};
use crate::decimal::Quantity;
use crate::invoice::{Invoice, Kind, Line, LineKind, Status, SubLine};
use std::cell::RefCell;
use std::collections::HashMap;

const SORT: Is = Is::Word(&["date_asc", "date_desc"]);
const PAGED: Paging = Paging::Query { most: 100, omits_last: false };

/// The endpoints of this file; the breakdown comes before the single invoice, whose path would match it too.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: "GET",
        path: "/v1/customers/{customer_id}/invoices",
        paging: PAGED,
        query: &[
            may("status", Is::Text),
            may("type", Is::Word(&["USAGE", "USAGE_CONSOLIDATED", "SCHEDULED"])),
            may("skip_zero_qty_line_items", Is::Flag),
            may("sort", SORT),
            may("credit_type_id", Is::Text),
            may("contract_id", Is::Uuid),
            may("starting_on", Is::Time),
            may("ending_before", Is::Time),
            may("include_historical_commit_invoices", Is::Flag),
        ],
        body: &[],
        answer: all,
    },
    Endpoint {
        method: "GET",
        path: "/v1/customers/{customer_id}/invoices/breakdowns",
        paging: PAGED,
        query: &[
            may("status", Is::Text),
            may("skip_zero_qty_line_items", Is::Flag),
            may("window_size", Is::Word(&["HOUR", "DAY"])),
            may("sort", SORT),
            may("credit_type_id", Is::Text),
            must("starting_on", Is::Time),
            must("ending_before", Is::Time),
        ],
        body: &[],
        answer: breakdowns,
    },
    Endpoint {
        method: "GET",
        path: "/v1/customers/{customer_id}/invoices/{invoice_id}",
        paging: Paging::None,
        query: &[may("skip_zero_qty_line_items", Is::Flag)],
        body: &[],
        answer: one,
    },
];

/// The invoices that the filters leave, in the order asked for.
fn filtered(ask: &Ask) -> Result<Vec<Invoice>, Refusal> {
    let unit = |one: &Invoice, id: &str| ask.account.credit_type(one.currency) == id;
    let mut invoices = ask.books()?.invoices;
    invoices.retain(|one| {
        ask.text("status").is_none_or(|status| status.eq_ignore_ascii_case(one.status.text()))
            && ask.text("credit_type_id").is_none_or(|id| unit(one, id))
            && ask.text("contract_id").is_none_or(|id| one.contract.as_deref() == Some(id))
    });
    if ask.says("sort", "date_desc") {
        invoices.reverse();
    }
    Ok(invoices)
}

fn all<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let mut invoices = filtered(ask)?;
    let (from, until) = (ask.moment("starting_on"), ask.moment("ending_before"));
    invoices.retain(|one| {
        let dated = one.kind.has_period() || (from.is_none() && until.is_none());
        dated
            && ask.text("type").is_none_or(|kind| kind.eq_ignore_ascii_case(type_text(one.kind)))
            && from.is_none_or(|from| from <= one.period.start)
            && until.is_none_or(|until| one.period.end <= until)
    });
    let skip = ask.flag("skip_zero_qty_line_items");
    Ok(Answer::rows(invoices, move |one| invoice(ask.account, one, skip).into()))
}

fn one<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let id = ask.path.get(1).map(String::as_str).unwrap_or_default();
    let found = ask.books()?.invoices.into_iter().find(|invoice| invoice.id == id);
    let found = found.ok_or_else(|| Refusal::missing("invoice"))?;
    Ok(Answer::One(invoice(ask.account, &found, ask.flag("skip_zero_qty_line_items")).into()))
}

fn breakdowns<'a>(ask: &'a Ask<'a>) -> Reply<'a> {
    let (from, until) =
        (ask.moment("starting_on").unwrap_or_default(), ask.moment("ending_before").unwrap_or_default());
    let step = if ask.says("window_size", "HOUR") { HOUR } else { DAY };
    let place = ask.place()?;
    let until = until.min(ask.now);
    let mut windows: Vec<(usize, Millis)> = Vec::new();
    let mut invoices = filtered(ask)?;
    invoices.retain(|one| matches!(one.kind, Kind::Plan | Kind::Usage) && one.status != Status::Void);
    for (number, one) in invoices.iter().enumerate() {
        let first = from.max(one.period.start).div_euclid(step) * step;
        let mut at = first.max(one.period.start);
        while at < until.min(one.period.end) {
            windows.push((number, at));
            at += step;
        }
    }
    let cuts = Cuts { account: ask.account, place, made: RefCell::default() };
    let skip = ask.flag("skip_zero_qty_line_items");
    let count = windows.len();
    let row = move |at: usize| {
        let (number, start) = windows[at];
        let whole = &invoices[number];
        let window = Period { start, end: (start + step).min(whole.period.end) };
        let lines = cuts.window(whole, window, ask.now);
        let part = Invoice { lines, ..whole.clone() };
        let object = invoice(ask.account, &part, skip)
            .set("breakdown_start_timestamp", offset(window.start))
            .set("breakdown_end_timestamp", offset(window.end));
        object.into()
    };
    // An answer spans 35 days, or 24 hours where the windows are hours.
    let most = if step == DAY { 35 } else { 24 };
    Ok(Answer::Rows(Rows { count, most, row: Box::new(row) }))
}

/// Invoices as they stood at some moments: a window is the difference of two of them, so windows add up to the invoice.
struct Cuts<'a> {
    account: &'a Account,
    place: usize,
    made: RefCell<HashMap<(Millis, Millis), Vec<Line>>>,
}

impl Cuts<'_> {
    fn window(&self, whole: &Invoice, window: Period, now: Millis) -> Vec<Line> {
        let after = self.lines(whole, window.end.min(now));
        if window.start == whole.period.start {
            return after;
        }
        let before = self.lines(whole, window.start);
        after.into_iter().map(|line| difference(line, &before)).collect()
    }

    fn lines(&self, whole: &Invoice, until: Millis) -> Vec<Line> {
        let key = (whole.period.start, until);
        if let Some(lines) = self.made.borrow().get(&key) {
            return lines.clone();
        }
        let as_of = until.min(whole.period.end - 1).max(whole.period.start);
        let books = self.account.books(self.place, as_of);
        let same = |one: &&Invoice| one.kind == whole.kind && one.period == whole.period;
        let lines = if until >= whole.period.end {
            whole.lines.clone()
        } else {
            books.invoices.iter().find(same).map(|one| one.lines.clone()).unwrap_or_default()
        };
        self.made.borrow_mut().insert(key, lines.clone());
        lines
    }
}

/// What a line gained since an earlier cut.
fn difference(mut line: Line, before: &[Line]) -> Line {
    // Which balance a usage line names may have been another one before; what was applied is a line for each.
    let same = |one: &&Line| {
        (one.kind, &one.product, one.metric) == (line.kind, &line.product, line.metric)
            && (line.kind == LineKind::Usage || (&one.commit, &one.segment) == (&line.commit, &line.segment))
    };
    let Some(earlier) = before.iter().find(same) else { return line };
    line.total = line.total - earlier.total;
    if line.unit_price.is_some() {
        line.quantity = Quantity(line.quantity.0 - earlier.quantity.0);
    }
    let gained = |sub: SubLine| {
        let had = earlier.sub_lines.iter().find(|one| one.metric == sub.metric).map_or(0, |one| one.quantity.0);
        SubLine { quantity: Quantity(sub.quantity.0 - had), ..sub }
    };
    line.sub_lines = line.sub_lines.into_iter().map(gained).collect();
    line
}
