//! The account as data-export files: which tables go where, in which of the two dialects.
//!
//! Flat files are what one gets by hand (CRLF, one file a table, legacy Plans tables); transfers are what an object store
//! receives (`<table>/dt=<date>/<part>_<time>.csv`, LF, RFC 3339, `updated_at`). Both are read as one table.

mod balances;
mod billing;
mod contracts;
pub(crate) mod csv;
mod events;
mod mark;
mod offer;
pub(crate) mod schedule;

use crate::account::{Account, Scale};
use crate::calendar::{DAY, HOUR, Millis, date, day_text};
use crate::invoice::{Invoice, Status};
use crate::sample::LATE;
use csv::{Egress, Table};
pub(crate) use csv::{field, write_file};
pub(crate) use offer::plan_id;
use std::io;
use std::path::Path;

/// The prefix that some flat files carry, as a download from a spreadsheet does.
const PREFIX: &str = "Sample Account Export - ";

/// Writes the account's files under `landing/egress`.
///
/// Files of the same name are replaced and others left alone. Errors name the file.
pub fn export(account: &Account, landing: &Path) -> io::Result<()> {
    let mut egress = Egress::new(account, landing.join("egress"));
    let invoices = account.invoices();

    egress.flat("", &offer::billable_metrics(account))?;
    egress.flat("", &offer::customers(account))?;
    egress.flat("", &offer::plans(account))?;
    egress.flat(PREFIX, &offer::plan_charges(account))?;
    egress.flat("", &offer::products(account))?;
    egress.flat("", &billing::flat_invoices(account, &invoices))?;
    egress.flat(PREFIX, &billing::flat_lines(account, &invoices))?;
    egress.flat(PREFIX, &billing::sub_lines(account, &invoices))?;

    egress.transfer(date(2024, 2, 1) + 3 * HOUR, 1, &offer::credit_types(account))?;
    contract_invoices(account, &invoices, &mut egress)?;
    changed_invoices(account, &invoices, &mut egress)?;
    let now = account.now();
    if account.scale == Scale::Sample {
        // The last look at the drafts of the months that are closed by now.
        for month in &account.months()[..2] {
            drafts(account, month.end - DAY, &mut egress)?;
        }
    }
    for day in [now - 2 * DAY, now - DAY, now] {
        egress.transfer(day + 5 * HOUR, 1, &contracts::contracts(account, day))?;
        if day > now - 2 * DAY {
            egress.transfer(day + 5 * HOUR, 1, &contracts::contract_products(account, day))?;
        }
        if account.scale != Scale::Size {
            drafts(account, day, &mut egress)?;
        }
    }
    commits_and_credits(account, now, &mut egress)?;
    if account.scale == Scale::Live {
        egress.transfer(now + 5 * HOUR, 1, &balances::recurring(account, now))?;
    }
    match account.scale {
        Scale::Sample => events::sample(account, &mut egress)?,
        Scale::Size | Scale::Live => events::size(account, &mut egress)?,
    }
    if account.scale == Scale::Sample {
        egress.mark()?;
    }
    egress.manifests()
}

/// Writes what came to the sample account later, under `landing/egress`, where its first files are: a void and what takes the
/// place of it, an invoice of February, and the contracts, commits and credits as they are by then. No file has a name of the
/// first ones. An API tells the same at [`LATE`].
///
/// Errors name the file.
pub fn export_late(seed: u64, landing: &Path) -> io::Result<()> {
    let account = Account::sample(seed);
    let mut egress = Egress::new(&account, landing.join("egress"));
    let mut changed = account.invoices_at(LATE);
    changed.retain(|invoice| invoice.updated_at >= account.now());
    let rows = changed.iter().map(|invoice| billing::invoice_row(&account, invoice, "")).collect();
    egress.transfer(LATE + 4 * HOUR, 1, &Table::new("invoice", rows))?;
    // Lines of what is void now came with it when it was final.
    changed.retain(|invoice| invoice.status != Status::Void);
    egress.transfer(LATE + 4 * HOUR, 1, &billing::transferred_lines(&account, &changed))?;
    egress.transfer(LATE + 5 * HOUR, 1, &contracts::contracts(&account, LATE))?;
    commits_and_credits(&account, LATE, &mut egress)?;
    egress.mark()?;
    egress.manifests()
}

/// The moment at which an API tells the same as the sample account's files in this folder: a later one where the late delivery
/// is among them.
pub fn moment_of_sample(egress: &Path) -> Millis {
    let (folder, at) = (egress.join("invoice"), LATE + 4 * HOUR);
    let came = folder.join(format!("dt={}", day_text(at))).is_dir();
    if came { LATE } else { Account::sample(0).now() }
}

/// What is open as of a day.
fn drafts(account: &Account, day: Millis, egress: &mut Egress) -> io::Result<()> {
    let open = billing::open_invoices(account, day);
    egress.transfer(day + 5 * HOUR, 1, &billing::drafts(account, &open, day))?;
    egress.transfer(day + 5 * HOUR, 1, &billing::draft_lines(account, &open, day))
}

/// Balances as of a moment, which is the one that invoices and the API are told of.
fn commits_and_credits(account: &Account, now: Millis, egress: &mut Egress) -> io::Result<()> {
    let all = balances::all(account, now);
    egress.transfer(now + 5 * HOUR, 1, &balances::balances(account, &all, now))?;
    egress.transfer(now + 5 * HOUR, 1, &balances::commits(account, &all, now))
}

/// The moment that decides which month's transfer brings an invoice: the end of its period or its date.
fn billed_until(invoice: &Invoice) -> Millis {
    if invoice.kind.has_period() { invoice.period.end } else { invoice.issued_at + DAY }
}

/// Contract invoices and their lines come in transfers only: after the month, or with the last ones.
fn contract_invoices(account: &Account, invoices: &[Invoice], egress: &mut Egress) -> io::Result<()> {
    for month in account.months() {
        let issued: Vec<_> = invoices
            .iter()
            .filter(|invoice| {
                invoice.plan.is_none() && month.start < billed_until(invoice) && billed_until(invoice) <= month.end
            })
            .cloned()
            .collect();
        if issued.is_empty() {
            continue;
        }
        let at = (month.end + 2 * DAY).min(account.now()) + 4 * HOUR;
        let rows = issued.iter().map(|invoice| billing::invoice_row(account, invoice, "")).collect();
        egress.transfer(at, 1, &Table::new("invoice", rows))?;
        egress.transfer(at, 1, &billing::transferred_lines(account, &issued))?;
    }
    Ok(())
}

/// Invoices that changed after they were finalized, and the ways a reader can fall for an older version of them.
fn changed_invoices(account: &Account, invoices: &[Invoice], egress: &mut Egress) -> io::Result<()> {
    let day = date(2024, 4, 3) + 4 * HOUR;
    let Some(void) = invoices.iter().find(|invoice| invoice.customer == 0 && invoice.status == Status::Void) else {
        return Ok(());
    };
    let before = billing::before_the_change(void);
    let Some(paid) =
        invoices.iter().find(|invoice| invoice.customer == 1 && invoice.period.end == account.months()[1].end)
    else {
        return Ok(());
    };
    let paid = Invoice { updated_at: paid.updated_at + 30 * HOUR, ..paid.clone() };
    let table = |rows| Table::new("invoice", rows);
    let as_finalized = || billing::invoice_row(account, &before, "");
    // Two versions in one transfer with one time: the part numbers decide, and 10 comes after 9 though not as text.
    egress.transfer(day + 2 * DAY, 10, &table(vec![billing::invoice_row(account, &paid, "PAID")]))?;
    let withdrawn = billing::invoice_row(account, void, "");
    egress.transfer(day + 2 * DAY, 9, &table(vec![withdrawn, billing::invoice_row(account, &paid, "SENT")]))?;
    // A retry that lands late: the newest file holds the oldest row.
    egress.transfer(day + 3 * DAY, 1, &table(vec![as_finalized()]))
}
