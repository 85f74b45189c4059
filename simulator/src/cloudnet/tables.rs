//! The five tables: rows as the stories need them, and the columns that the vendor's database reference gives them.

use crate::account::USD_CREDIT_TYPE;
use crate::calendar::{HOUR, Millis, date, day_text};
use crate::decimal::{Amount, Price, plain};
use crate::export::csv::{Cell, ENVIRONMENT, Row, Table, amount, optional};
use crate::export::schedule::{self, Access, Billed};
use crate::json::{Json, Object};

const USD: (&str, &str) = (USD_CREDIT_TYPE, "USD (cents)");

/// The day of the one snapshot: after the last invoice of every story.
fn snapshot() -> Millis {
    date(2025, 1, 2)
}

/// When a row of an edition that has no such time was changed: with the snapshot.
pub(super) fn told_at() -> Millis {
    snapshot() + 4 * HOUR
}

#[derive(Debug, Clone)]
pub(super) struct Customer {
    pub(super) id: String,
    pub(super) name: &'static str,
}

#[derive(Debug, Clone)]
pub(super) struct Contract {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) name: &'static str,
    pub(super) start: Millis,
    pub(super) end: Option<Millis>,
}

#[derive(Debug, Clone)]
pub(super) struct Invoice {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) contract: String,
    pub(super) label: &'static str,
    pub(super) total: Amount,
    pub(super) issued_at: Millis,
    /// The service period; none where it bills a date.
    pub(super) period: Option<(Millis, Millis)>,
    pub(super) updated_at: Millis,
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) id: String,
    pub(super) invoice: String,
    pub(super) name: String,
    pub(super) product: String,
    pub(super) quantity: u64,
    pub(super) unit_price: Option<Price>,
    pub(super) total: Amount,
    pub(super) commit: Option<String>,
    pub(super) period: Option<(Millis, Millis)>,
    pub(super) updated_at: Millis,
}

#[derive(Debug, Clone)]
pub(super) struct Balance {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) contract: String,
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
    pub(super) product: Option<String>,
    pub(super) rate_type: Option<&'static str>,
    pub(super) access: Access,
    /// None for a credit, which nobody bills.
    pub(super) billed: Option<Billed>,
    /// Paid as a percentage of granted.
    pub(super) cost_percent: Option<i128>,
    pub(super) ledger: Vec<Entry>,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) kind: &'static str,
    pub(super) at: Millis,
    pub(super) amount: Amount,
    /// Whether it says which segment it is about; of a postpaid commit none does.
    pub(super) of_segment: bool,
    pub(super) invoice: Option<String>,
    /// A number that the published tables print and no schema has.
    pub(super) number: Option<u32>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Tables {
    pub(super) customers: Vec<Customer>,
    pub(super) contracts: Vec<Contract>,
    pub(super) invoices: Vec<Invoice>,
    pub(super) lines: Vec<Line>,
    pub(super) balances: Vec<Balance>,
}

impl Tables {
    /// Every table with its columns.
    pub(super) fn layout(&self) -> [Table; 5] {
        [
            Table::new("customer", self.customers.iter().map(customer).collect()),
            Table::new("contracts_contracts", self.contracts.iter().map(contract).collect()),
            Table::new("invoice", self.invoices.iter().map(invoice).collect()),
            Table::new("line_item", self.lines.iter().map(line).collect()),
            Table::new("contracts_balances", self.balances.iter().map(balance).collect()),
        ]
    }
}

fn period(period: Option<(Millis, Millis)>) -> (Cell, Cell) {
    period.map_or((Cell::Empty, Cell::Empty), |(start, end)| (Cell::Time(start), Cell::Time(end)))
}

fn customer(row: &Customer) -> Row {
    vec![
        ("id", row.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("name", row.name.into()),
        ("ingest_aliases", "[]".into()),
        ("salesforce_account_id", Cell::Empty),
        ("billing_provider_type", Cell::Empty),
        ("billing_provider_customer_id", Cell::Empty),
        ("custom_fields", "{}".into()),
        ("created_at", Cell::Time(date(2023, 12, 15))),
        ("updated_at", Cell::Time(date(2023, 12, 15))),
        ("archived_at", Cell::Empty),
    ]
}

fn contract(row: &Contract) -> Row {
    vec![
        ("id", row.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("snapshot_id", day_text(snapshot()).into()),
        ("name", row.name.into()),
        ("customer_id", row.customer.as_str().into()),
        ("package_id", Cell::Empty),
        ("rate_card_id", Cell::Empty),
        ("starting_at", Cell::Time(row.start)),
        ("ending_before", row.end.map_or(Cell::Empty, Cell::Time)),
        ("archived_at", Cell::Empty),
        ("multiplier_override_prioritization", Cell::Empty),
        ("net_payment_terms_days", Cell::Empty),
        ("usage_statement_schedule_frequency", "MONTHLY".into()),
        ("scheduled_charges_on_usage_invoices", Cell::Empty),
        ("metadata", "{}".into()),
        ("created_at", Cell::Time(date(2023, 12, 15))),
        ("created_by", "simulator".into()),
        ("updated_at", Cell::Time(told_at())),
    ]
}

fn invoice(row: &Invoice) -> Row {
    let (start, end) = period(row.period);
    vec![
        ("id", row.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("status", "FINALIZED".into()),
        ("total", amount(row.total)),
        ("credit_type_id", USD.0.into()),
        ("credit_type_name", USD.1.into()),
        ("customer_id", row.customer.as_str().into()),
        ("plan_id", Cell::Empty),
        ("plan_name", Cell::Empty),
        ("contract_id", row.contract.as_str().into()),
        ("billing_provider_invoice_id", Cell::Empty),
        ("billing_provider_type", Cell::Empty),
        ("billing_provider_invoice_created_at", Cell::Empty),
        ("billing_provider_invoice_external_status", Cell::Empty),
        ("invoice_label", row.label.into()),
        ("metadata", "{}".into()),
        ("start_timestamp", start),
        ("end_timestamp", end),
        ("issued_at", Cell::Time(row.issued_at)),
        ("updated_at", Cell::Time(row.updated_at)),
    ]
}

fn line(row: &Line) -> Row {
    let (start, end) = period(row.period);
    vec![
        ("id", row.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("invoice_id", row.invoice.as_str().into()),
        ("credit_grant_id", Cell::Empty),
        ("credit_type_id", USD.0.into()),
        ("credit_type_name", USD.1.into()),
        ("name", row.name.as_str().into()),
        ("quantity", row.quantity.to_string().into()),
        ("total", amount(row.total)),
        ("commit_id", optional(row.commit.clone())),
        ("product_id", row.product.as_str().into()),
        ("group_key", Cell::Empty),
        ("group_value", Cell::Empty),
        ("unit_price", optional(row.unit_price.map(|price| plain(price.0, Price::SCALE)))),
        ("pricing_group_values", Cell::Empty),
        ("metadata", "{}".into()),
        ("subscription_id", Cell::Empty),
        ("is_prorated", "false".into()),
        ("starting_at", start),
        ("ending_before", end),
        ("updated_at", Cell::Time(row.updated_at)),
    ]
}

fn balance(row: &Balance) -> Row {
    let unit = Some(USD);
    let invoice_contract = row.billed.as_ref().map(|_| row.contract.clone());
    let entries = row.ledger.iter().map(|one| {
        let entry: Object = schedule::entry(one.kind, one.at, one.amount)
            .some("segment_id", one.of_segment.then_some(&row.access.id))
            .some("invoice_id", one.invoice.as_ref())
            .some("ledger_entry_id", one.number.map(|number| number.to_string()));
        Json::from(entry)
    });
    // What is granted ends with the story, so nothing can be used on the day of the snapshot.
    let usable = if row.access.end <= snapshot() { Amount::ZERO } else { row.access.amount };
    vec![
        ("id", row.id.as_str().into()),
        ("environment_type", ENVIRONMENT.into()),
        ("snapshot_id", day_text(snapshot()).into()),
        ("customer_id", row.customer.as_str().into()),
        ("contract_id", row.contract.as_str().into()),
        ("amendment_id", Cell::Empty),
        ("type", row.kind.into()),
        ("name", row.name.into()),
        ("priority", "100".into()),
        ("description", Cell::Empty),
        ("product_id", optional(row.product.clone())),
        ("access_schedule", schedule::access(unit, std::slice::from_ref(&row.access)).text().into()),
        (
            "invoice_schedule",
            optional(row.billed.as_ref().map(|item| schedule::billing(unit, std::slice::from_ref(item)).text())),
        ),
        ("rollover_fraction", Cell::Empty),
        ("rate_type", optional(row.rate_type.map(str::to_owned))),
        ("applicable_product_ids", Cell::Empty),
        ("applicable_product_tags", Cell::Empty),
        ("specifiers", Cell::Empty),
        ("applicable_contract_ids", Cell::Empty),
        ("invoice_contract_id", optional(invoice_contract)),
        ("ledger", Json::List(entries.collect()).text().into()),
        ("rolled_over_from_commit_id", Cell::Empty),
        ("rolled_over_from_contract_id", Cell::Empty),
        ("recurring_commit_id", Cell::Empty),
        ("metadata", "{}".into()),
        ("balance", amount(usable)),
        ("cost_basis", optional(row.cost_percent.map(|percent| plain(percent, 2)))),
        ("updated_at", Cell::Time(told_at())),
    ]
}
