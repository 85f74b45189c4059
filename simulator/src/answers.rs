//! What three reports must say about the account, from its own integers and not from its files.
//!
//! The texts are those of the reports to the byte: LF, RFC 4180, decimals without trailing zeros, amounts in currency units.

use crate::account::Account;
use crate::calendar::{DAY, Millis, date};
use crate::decimal::{Amount, Price, Quantity, plain};
use crate::event::{Body, size_name};
use crate::export::{field, plan_id, write_file};
use crate::invoice::{Invoice, Kind, Line, Status};
use crate::price_list::{Currency, PLANS, SIZES};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

/// The customer whose charges are listed.
const CUSTOMER: usize = 0;
/// The reported month is March 2024, by the start of the usage period.
const MONTH: usize = 1;

/// Writes the three answers, one CSV each, into `folder`. Errors name the file.
pub fn write(account: &Account, folder: &Path) -> io::Result<()> {
    let invoices = account.invoices();
    write_file(&folder.join("images_by_size.csv"), images_by_size(account).as_bytes())?;
    write_file(&folder.join("invoice_charges.csv"), invoice_charges(account, &invoices).as_bytes())?;
    write_file(&folder.join("billings_by_plan.csv"), billings_by_plan(account, &invoices).as_bytes())
}

/// Images made from March 10 through March 25, 2024, UTC, per size that a metric or any event names.
pub fn images_by_size(account: &Account) -> String {
    let (from, until): (Millis, Millis) = (date(2024, 3, 10), date(2024, 3, 25) + DAY);
    let mut counts: BTreeMap<&str, u64> = SIZES.iter().map(|size| (*size, 0)).collect();
    for event in account.all_events() {
        if let Body::Images { size, count, .. } = event.body {
            let counted = if from <= event.at && event.at < until { count } else { 0 };
            *counts.entry(size_name(size)).or_default() += counted;
        }
    }
    let rows = counts.iter().map(|(size, count)| vec![(*size).into(), count.to_string()]).collect();
    csv("image_size,image_count", rows)
}

fn in_month(account: &Account, invoice: &Invoice) -> bool {
    let month = account.month(MONTH);
    let in_month = month.start <= invoice.period.start && invoice.period.start < month.end;
    // Invoices without a period are in no month, and a consolidated one only repeats others.
    invoice.kind.has_period() && invoice.kind != Kind::Consolidated && in_month
}

/// The charges of A1 Company's finalized March invoices: a row per sub line, or per line that has none.
pub fn invoice_charges(account: &Account, invoices: &[Invoice]) -> String {
    let customer = &account.customers[CUSTOMER];
    let mut rows = Vec::new();
    for invoice in invoices {
        if invoice.customer != CUSTOMER || invoice.status != Status::Finalized || !in_month(account, invoice) {
            continue;
        }
        let shift = invoice.currency.shift();
        let mut charge = |line: &Line, description: &str, quantity: Quantity, price: String, total: Amount| {
            rows.push((
                (line.name.clone(), description.to_owned(), invoice.id.clone(), quantity, total),
                vec![
                    invoice.id.clone(),
                    customer.id.clone(),
                    customer.name.clone(),
                    "2024-03-01".into(),
                    line.name.clone(),
                    description.into(),
                    plain(quantity.0, Quantity::SCALE),
                    price,
                    plain(total.0, Amount::SCALE + shift),
                    invoice.currency.code().into(),
                ],
            ));
        };
        for line in &invoice.lines {
            for sub_line in &line.sub_lines {
                let price = plain(sub_line.price.0, Price::SCALE + shift);
                charge(line, &account.metrics[sub_line.metric].name, sub_line.quantity, price, sub_line.subtotal());
            }
            if line.sub_lines.is_empty() {
                // Without a shown price the quantity is 1 (see `Line::quantity`), so the price is the total.
                let price = match line.unit_price {
                    Some(price) => plain(price.0, Price::SCALE + shift),
                    None => plain(line.total.0, Amount::SCALE + shift),
                };
                charge(line, &line.name, line.quantity, price, line.total);
            }
        }
    }
    rows.sort();
    csv(
        "invoice_id,customer_id,customer_name,billing_month,product_name,description,quantity,unit_price,total_amount,currency",
        rows.into_iter().map(|(_, row)| row).collect(),
    )
}

/// Billings of March per plan and currency; plans without invoices show zeros in the currencies they charge.
pub fn billings_by_plan(account: &Account, invoices: &[Invoice]) -> String {
    #[derive(Default)]
    struct Billed {
        customers: BTreeSet<usize>,
        invoices: u64,
        total: Amount,
        void: Amount,
    }
    let mut billed: BTreeMap<(String, String, &str), (Currency, Billed)> = BTreeMap::new();
    for invoice in invoices.iter().filter(|invoice| in_month(account, invoice)) {
        let (name, id) = match invoice.plan {
            Some(plan) => (PLANS[plan].name.to_owned(), plan_id(account, plan)),
            None => ("(no plan)".to_owned(), String::new()),
        };
        let key = (name, id, invoice.currency.code());
        let (_, sums) = billed.entry(key).or_insert_with(|| (invoice.currency, Billed::default()));
        match invoice.status {
            Status::Finalized => {
                sums.customers.insert(invoice.customer);
                sums.invoices += 1;
                sums.total += invoice.total();
            }
            Status::Draft => {}
            Status::Void => sums.void += invoice.total(),
        }
    }
    for (place, plan) in PLANS.iter().enumerate() {
        let id = plan_id(account, place);
        if !billed.keys().any(|(_, billed_id, _)| *billed_id == id) {
            for (_, currency) in plan.products {
                billed
                    .entry((plan.name.into(), id.clone(), currency.code()))
                    .or_insert_with(|| (*currency, Billed::default()));
            }
        }
    }
    let row = |((name, id, code), (currency, sums)): ((String, String, &str), (Currency, Billed))| {
        let scale = Amount::SCALE + currency.shift();
        vec![
            id,
            name,
            "2024-03-01".into(),
            code.into(),
            sums.customers.len().to_string(),
            sums.invoices.to_string(),
            plain(sums.total.0, scale),
            plain(sums.void.0, scale),
        ]
    };
    csv(
        "plan_id,plan_name,billing_month,currency,customer_count,invoice_count,total_amount,void_amount",
        billed.into_iter().map(row).collect(),
    )
}

fn csv(head: &str, rows: Vec<Vec<String>>) -> String {
    let mut text = format!("{head}\n");
    for row in rows {
        for (place, value) in row.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            field(&mut text, value);
        }
        text.push('\n');
    }
    text
}
