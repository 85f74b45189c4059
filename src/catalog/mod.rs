//! Tables as data: what each table of the lake is, in one place.
//!
//! Everything about a table is read from here: how its export files are found and typed, its Parquet and SQL schema,
//! its documentation and its contract tests. Adding a table is one file in `egress/` or `api/`, declared in its
//! `mod.rs`, and one line in [`TABLES`].
//! No I/O, no async.

mod api;
mod books;
pub mod document;
mod egress;
pub mod endpoint;
pub mod runs;
pub mod settings;
mod system;

use endpoint::Endpoint;
pub use system::{ANSWER_COLUMNS, SYSTEM_COLUMNS};

/// One table of the lake, as Metronome names it.
#[derive(Debug)]
pub struct Table {
    /// The vendor's name, singular or plural as delivered; unique within its origin.
    pub name: &'static str,
    /// What one row is.
    pub doc: &'static str,
    /// Where its rows come from; also its SQL schema.
    pub origin: Origin,
    /// Columns that identify a row, without `environment_type`, which belongs to every key where the table has it.
    pub key: &'static [&'static str],
    /// Columns whose greatest values mark the newest version of a row, most significant first; null is oldest.
    pub newest_by: &'static [&'static str],
    /// How deliveries add up.
    pub class: Class,
    /// How its files are laid out in the lake.
    pub partition: Partition,
    /// Its columns in the vendor's order; system columns are added behind them ([`SYSTEM_COLUMNS`]).
    pub columns: &'static [Column],
}

/// The channel a table arrives by, and where in it.
#[derive(Debug, Clone, Copy)]
pub enum Origin {
    /// Metronome's data export.
    Egress,
    /// Finance's own books, delivered beside the export.
    Books,
    /// The rows that an endpoint of the API lists.
    Api(&'static Endpoint),
    /// The entries of an array in the rows of another table of the API. Each row's entries are one set: those of its
    /// newest version count, all of them and no others.
    Nested {
        /// The table.
        of: &'static Table,
        /// The array, dots leading into objects.
        rows: &'static str,
    },
    /// The answers of the API as they were received, of every endpoint.
    Answers,
}

/// What a delivery of a table means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Only changed rows come; the newest row of each key is current.
    Incremental,
    /// Every transfer brings the whole population again.
    Snapshot {
        /// The column that tells snapshots apart. Where the vendor gives none it is `_transferred_at`.
        column: &'static str,
    },
    /// Of the API: what a complete read of the endpoint shows is all there is; other rows go.
    Whole,
    /// Of the API: rows are read again for days past; what a read shows of its days is all there is of them.
    Days {
        /// The timestamp that belongs to the days.
        column: &'static str,
    },
    /// Of the API: rows stay when a read does not show them, except those whose `column` says `value`.
    WhileShown {
        /// The column.
        column: &'static str,
        /// The value.
        value: &'static str,
    },
}

/// How a table's files are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    /// All files in the table's folder.
    Flat,
    /// A folder `month=YYYY-MM` for the UTC month of this timestamp column.
    Month(&'static str),
    /// A folder `NAME=VALUE` for this text column, and in it `date=YYYY-MM-DD` for the UTC day of this timestamp column.
    TextAndDay(&'static str, &'static str),
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The vendor's name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What it holds.
    pub doc: &'static str,
    /// What its numbers count; every decimal column has one.
    pub unit: Unit,
    /// Where it is found in an answer of the API.
    pub found: Found,
    /// Whether a row without it is no row: always so for the columns of a key.
    pub is_required: bool,
}

/// Where a column of the API stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// In the row, under the column's name.
    Named,
    /// In the row: a path of fields with dots.
    At(&'static str),
    /// In the column of this name of the row that the entry is nested in.
    InParent(&'static str),
    /// Nowhere: the place of the entry in its array, from 0.
    Ordinal,
    /// Nowhere in the answer: what the request asked for with this parameter.
    Asked(&'static str),
    /// The row itself, where it is no object but a bare text or number.
    Itself,
    /// Nowhere: whether what stands at this path is a list, be it an empty one, and not null or nothing.
    IsList(&'static str),
}

/// The types a column can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An opaque identifier: text, never empty; a UUID in small letters.
    Id,
    /// An identifier that the sender of an event chose: text, never empty, kept as it was sent.
    SentId,
    /// Text, never empty.
    Text,
    /// A JSON document, kept as its text; a `{k=v}` map literal becomes an object of strings, JSON in a string that JSON.
    Json,
    /// The same of a JSON object, for which also the list of its keys and values may stand.
    Object,
    /// An instant, UTC, microseconds.
    Timestamp,
    /// decimal(38, 18).
    Decimal,
    /// A 64-bit integer.
    Integer,
    /// True or false.
    Boolean,
}

/// What the numbers of a column count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Not a number, or one without a unit (a version, a priority, a multiplier).
    None,
    /// The unit of the amount's credit type: cents for USD, whole units for other currencies, neither for custom units.
    CreditType,
    /// Whole units of the currency beside it: dollars and never cents.
    Currency,
    /// Units of the product or metric that is billed.
    Quantity,
    /// A share of one.
    Fraction,
    /// Days.
    Days,
}

impl Column {
    /// A column without a unit.
    pub const fn new(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, kind, doc, unit: Unit::None, found: Found::Named, is_required: false }
    }

    /// The same column, found elsewhere in an answer.
    #[must_use]
    pub const fn found(mut self, found: Found) -> Self {
        self.found = found;
        self
    }

    /// The same column, at this path of fields with dots.
    #[must_use]
    pub const fn at(self, path: &'static str) -> Self {
        self.found(Found::At(path))
    }

    /// The same column, without which a row is no row.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// The same column, its numbers counting `unit`.
    #[must_use]
    pub const fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }
}

impl Origin {
    /// The SQL schema and the lake folder of this origin's tables.
    pub fn schema(self) -> &'static str {
        match self {
            Self::Egress => "egress",
            Self::Books => "books",
            Self::Api(_) | Self::Nested { .. } => "api",
            Self::Answers => "raw",
        }
    }
}

impl Table {
    /// The column of this name, the system's included.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.all_columns().find(|column| column.name == name)
    }

    /// The vendor's columns, then the system's.
    pub fn all_columns(&self) -> impl Iterator<Item = &Column> {
        let answered: &[Column] = if self.is_answered() { ANSWER_COLUMNS } else { &[] };
        self.columns.iter().chain(SYSTEM_COLUMNS).chain(answered)
    }

    /// Whether its rows are made from rows of answers of the API.
    pub fn is_answered(&self) -> bool {
        matches!(self.origin, Origin::Api(_) | Origin::Nested { .. })
    }

    /// The table that it is nested in, through any others; itself where it is not nested.
    pub fn root(&'static self) -> &'static Self {
        match self.origin {
            Origin::Nested { of, .. } => of.root(),
            _ => self,
        }
    }

    /// The endpoint whose answers it is made from.
    pub fn endpoint(&'static self) -> Option<&'static Endpoint> {
        match self.root().origin {
            Origin::Api(endpoint) => Some(endpoint),
            _ => None,
        }
    }

    /// Whether rows say which environment they belong to.
    pub fn has_environment(&self) -> bool {
        self.columns.iter().any(|column| column.name == "environment_type")
    }

    /// `egress.invoice`
    pub fn qualified_name(&self) -> String {
        format!("{}.{}", self.origin.schema(), self.name)
    }
}

/// The table of this schema and name.
pub fn table(schema: &str, name: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.origin.schema() == schema && table.name == name)
}

/// The table of finance's own books.
pub fn books() -> &'static Table {
    &books::TABLE
}

/// Every endpoint, in the order of its tables.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    TABLES.iter().filter_map(|table| match table.origin {
        Origin::Api(endpoint) => Some(endpoint),
        _ => None,
    })
}

/// Every table, in the order of the vendor's reference.
pub const TABLES: &[&Table] = &[
    &egress::billable_metric::TABLE,
    &egress::credit_type::TABLE,
    &egress::events::TABLE,
    &egress::customer::TABLE,
    &egress::invoice::TABLE,
    &egress::line_item::TABLE,
    &egress::draft_invoice::TABLE,
    &egress::draft_line_item::TABLE,
    &egress::breakdowns_invoices::TABLE,
    &egress::breakdowns_line_items::TABLE,
    &egress::breakdowns_draft_invoices::TABLE,
    &egress::breakdowns_draft_line_items::TABLE,
    &egress::contracts_contracts::TABLE,
    &egress::contracts_commits::TABLE,
    &egress::contracts_balances::TABLE,
    &egress::contracts_recurring_commits_and_credits::TABLE,
    &egress::contracts_usage_filter_schedule::TABLE,
    &egress::contracts_usage_filters::TABLE,
    &egress::contracts_prepaid_balance_threshold_configurations::TABLE,
    &egress::contracts_spend_threshold_configurations::TABLE,
    &egress::contracts_subscriptions::TABLE,
    &egress::contracts_scheduled_charges::TABLE,
    &egress::contract_hierarchy_configurations::TABLE,
    &egress::contracts_overrides::TABLE,
    &egress::contracts_transitions::TABLE,
    &egress::contracts_edits::TABLE,
    &egress::contracts_amendments::TABLE,
    &egress::contracts_rate_cards::TABLE,
    &egress::contracts_rate_card_entries::TABLE,
    &egress::contracts_product_list_item_versions::TABLE,
    &egress::packages::TABLE,
    &egress::payment::TABLE,
    &egress::alert::TABLE,
    &egress::customer_alert_history::TABLE,
    // No longer in the vendor's reference; accounts on plans may still get them.
    &egress::plan::TABLE,
    &egress::plan_charge::TABLE,
    &egress::product::TABLE,
    &egress::sub_line_item::TABLE,
    &egress::credit_grant::TABLE,
    &egress::credit_grant_deduction::TABLE,
    &books::TABLE,
    // The API, where nested arrays are tables of their own. An endpoint comes behind those that it is asked per row of.
    &api::customers::TABLE,
    &api::billable_metrics::TABLE,
    &api::credit_types::TABLE,
    &api::products::TABLE,
    &api::rate_cards::TABLE,
    &api::rate_card_conversions::TABLE,
    &api::rate_schedules::TABLE,
    &api::rate_schedule_tiers::TABLE,
    &api::packages::TABLE,
    &api::contracts::TABLE,
    &api::contract_scheduled_charges::TABLE,
    &api::contract_scheduled_charge_items::TABLE,
    &api::contract_subscriptions::TABLE,
    &api::balances::TABLE,
    &api::balance_ledger_entries::TABLE,
    &api::balance_access_schedule_items::TABLE,
    &api::balance_invoice_schedule_items::TABLE,
    &api::net_balances::TABLE,
    &api::invoices::TABLE,
    &api::invoice_line_items::TABLE,
    &api::invoice_sub_line_items::TABLE,
    &api::invoice_sub_line_item_tiers::TABLE,
    &api::invoice_adjustments::TABLE,
    &api::constituent_invoices::TABLE,
    &api::invoice_breakdowns::TABLE,
    &api::invoice_breakdown_line_items::TABLE,
    &api::usage::TABLE,
    &api::billing_configurations::TABLE,
    &api::alerts::TABLE,
    &api::custom_field_keys::TABLE,
    &api::audit_log::TABLE,
    // The API's pricing model before contracts.
    &api::plans::TABLE,
    &api::plan_charges::TABLE,
    &api::plan_charge_prices::TABLE,
    &api::plan_customers::TABLE,
    &api::credit_grants::TABLE,
    &api::credit_grant_deductions::TABLE,
    &api::credit_grant_pending_deductions::TABLE,
    &api::credit_ledger_customers::TABLE,
    &api::credit_ledgers::TABLE,
    &api::credit_ledger_entries::TABLE,
    &api::credit_ledger_pending_entries::TABLE,
    // The API's answers.
    &api::responses::TABLE,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Decimals without a unit: orders, factors, an alert's threshold, which counts what its alert type says, and
    /// figures whose unit the vendor does not document.
    const UNITLESS: &[&str] = &[
        "priority",
        "multiplier",
        "threshold",
        "alert_threshold",
        "current_quantity_conversion_factor",
        "unit_conversion_division_factor",
        "total_contract_value",
        "external_invoice_tax_total_tax_amount",
        "external_invoice_tax_total_taxable_amount",
        "external_invoice_invoiced_total",
        "external_invoice_invoiced_sub_total",
    ];

    /// Where a tier begins, in units: the vendor says it in the word for instants.
    const NO_INSTANTS: &[(&str, &str)] = &[
        ("invoice_line_items", "tier_starting_at"),
        ("invoice_breakdown_line_items", "tier_starting_at"),
        ("invoice_sub_line_item_tiers", "starting_at"),
    ];

    fn each_column(mut check: impl FnMut(&Table, &Column)) {
        for table in TABLES {
            table.all_columns().for_each(|column| check(table, column));
        }
    }

    #[test]
    fn every_table_of_the_export_is_there() {
        assert_eq!(TABLES.iter().filter(|table| table.origin.schema() == "egress").count(), 40);
        let invoice = table("egress", "invoice").map(Table::qualified_name);
        assert_eq!(invoice.as_deref(), Some("egress.invoice"));
        assert!(table("egress", "invoices").is_none());
    }

    #[test]
    fn table_names_are_unique_and_leave_leading_underscores_to_the_manifests() {
        let mut seen = HashSet::new();
        for table in TABLES {
            assert!(seen.insert((table.origin.schema(), table.name)), "{} is there twice", table.name);
            assert!(!table.name.starts_with('_'), "{}", table.name);
        }
    }

    #[test]
    fn column_names_are_unique_within_a_table() {
        for table in TABLES {
            let mut seen = HashSet::new();
            for column in table.all_columns() {
                assert!(seen.insert(column.name), "{}.{} is there twice", table.name, column.name);
            }
        }
    }

    #[test]
    fn keys_are_columns_whose_equality_is_plain() {
        for table in TABLES {
            assert!(!table.key.is_empty(), "{} has no key", table.name);
            for key in table.key {
                assert_ne!(*key, "environment_type", "{}: it belongs to every key anyway", table.name);
                let column = table.column(key).unwrap_or_else(|| panic!("{}: no key column {key}", table.name));
                let fits =
                    matches!(column.kind, Kind::Id | Kind::SentId | Kind::Text | Kind::Timestamp | Kind::Integer);
                assert!(fits, "{}.{key} is {:?}", table.name, column.kind);
            }
        }
    }

    #[test]
    fn the_newest_row_is_told_by_timestamps() {
        for table in TABLES {
            assert!(!table.newest_by.is_empty(), "{} cannot tell which row is newest", table.name);
            for name in table.newest_by {
                let column = table.column(name).unwrap_or_else(|| panic!("{}: no column {name}", table.name));
                assert_eq!(column.kind, Kind::Timestamp, "{}.{name}", table.name);
            }
        }
    }

    #[test]
    fn the_column_that_tells_snapshots_apart_is_part_of_the_key() {
        for table in TABLES {
            if let Class::Snapshot { column: name } = table.class {
                let column = table.column(name).unwrap_or_else(|| panic!("{}: no column {name}", table.name));
                assert!(matches!(column.kind, Kind::Id | Kind::Timestamp), "{}.{name}", table.name);
                assert!(table.key.contains(&name), "{}: rows of two snapshots would be one", table.name);
            }
        }
    }

    #[test]
    fn months_are_those_of_a_timestamp() {
        for table in TABLES {
            if let Partition::Month(name) = table.partition {
                let column = table.column(name).unwrap_or_else(|| panic!("{}: no column {name}", table.name));
                assert_eq!(column.kind, Kind::Timestamp, "{}.{name}", table.name);
            }
        }
    }

    #[test]
    fn every_table_and_column_is_explained_in_one_short_sentence() {
        let check = |name: &str, doc: &str| {
            assert!(doc.len() > 1 && doc.ends_with('.') && !doc.ends_with(".."), "{name}: {doc:?}");
            assert_eq!(doc, doc.trim(), "{name}");
            assert!(doc.chars().count() <= 160 && !doc.contains('\n'), "{name}: {doc:?}");
        };
        TABLES.iter().for_each(|table| check(table.name, table.doc));
        each_column(|table, column| check(&format!("{}.{}", table.name, column.name), column.doc));
    }

    #[test]
    fn every_decimal_counts_something_unless_it_is_an_order_or_a_factor() {
        each_column(|table, column| {
            let unitless = UNITLESS.contains(&column.name);
            if column.kind == Kind::Decimal {
                assert_eq!(column.unit == Unit::None, unitless, "{}.{}", table.name, column.name);
            }
        });
    }

    #[test]
    fn only_decimals_and_counts_of_days_have_a_unit() {
        each_column(|table, column| {
            let fits = match column.unit {
                Unit::None => true,
                Unit::CreditType | Unit::Currency | Unit::Quantity | Unit::Fraction => column.kind == Kind::Decimal,
                Unit::Days => column.kind == Kind::Integer,
            };
            assert!(fits, "{}.{} is {:?} of {:?}", table.name, column.name, column.kind, column.unit);
        });
    }

    #[test]
    fn a_column_named_as_an_identifier_or_an_instant_is_one() {
        each_column(|table, column| {
            let name = column.name;
            if name == "id" || (name.ends_with("_id") && name != "_run_id") {
                assert!(matches!(column.kind, Kind::Id | Kind::SentId), "{}.{name}", table.name);
            }
            if name.ends_with("_at") || name.ends_with("timestamp") {
                let is_instant = !NO_INSTANTS.contains(&(table.name, name));
                assert_eq!(column.kind == Kind::Timestamp, is_instant, "{}.{name}", table.name);
            }
        });
    }
}
