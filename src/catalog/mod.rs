//! Tables as data: what each table of the lake is, in one place.
//!
//! Everything about a table is read from here: how its export files are found and typed, its Parquet and SQL schema,
//! its documentation and its contract tests. Adding a table is one file in this folder and one line in [`TABLES`].
//! No I/O, no async.

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
    /// The unit of the credit type beside it: cents for USD, whole units for other currencies, neither for custom units.
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
pub const TABLES: &[&Table] = &[];
