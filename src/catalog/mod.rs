//! Tables as data: what each table of the lake is, in one place.
//!
//! Everything about a table is read from here: how its export files are found and typed, its Parquet and SQL schema,
//! its documentation and its contract tests. Adding a table is one file in `egress/`, declared in its `mod.rs`, and one
//! line in [`TABLES`].
//! No I/O, no async.

pub mod document;
mod egress;
pub mod runs;
mod system;

pub use system::SYSTEM_COLUMNS;

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

/// The channel a table arrives by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Metronome's data export.
    Egress,
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
}

/// How a table's files are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    /// All files in the table's folder.
    Flat,
    /// A folder `month=YYYY-MM` for the UTC month of this timestamp column.
    Month(&'static str),
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
}

/// The types a column can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An opaque identifier: text, never empty.
    Id,
    /// Text.
    Text,
    /// A JSON document, kept as its text; a `{k=v}` map literal becomes an object of strings.
    Json,
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
        Self { name, kind, doc, unit: Unit::None }
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
        self.columns.iter().chain(SYSTEM_COLUMNS)
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

/// The table of this name and origin.
pub fn table(origin: Origin, name: &str) -> Option<&'static Table> {
    TABLES.iter().copied().find(|table| table.origin == origin && table.name == name)
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
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Decimals without a unit: orders, factors, and an alert's threshold, which counts what its alert type says.
    const UNITLESS: &[&str] = &["priority", "multiplier", "threshold"];

    fn each_column(mut check: impl FnMut(&Table, &Column)) {
        for table in TABLES {
            table.all_columns().for_each(|column| check(table, column));
        }
    }

    #[test]
    fn every_table_of_the_export_is_there() {
        assert_eq!(TABLES.len(), 40);
        let invoice = table(Origin::Egress, "invoice").map(Table::qualified_name);
        assert_eq!(invoice.as_deref(), Some("egress.invoice"));
        assert!(table(Origin::Egress, "invoices").is_none());
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
                let fits = matches!(column.kind, Kind::Id | Kind::Text | Kind::Timestamp | Kind::Integer);
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
                Unit::CreditType | Unit::Quantity | Unit::Fraction => column.kind == Kind::Decimal,
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
                assert_eq!(column.kind, Kind::Id, "{}.{name}", table.name);
            }
            if name.ends_with("_at") || name.ends_with("timestamp") {
                assert_eq!(column.kind, Kind::Timestamp, "{}.{name}", table.name);
            }
        });
    }
}
