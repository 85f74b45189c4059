//! Settings with a closed set of values, each set one slice of names.

/// A closed set of values with the names people type.
pub trait Choice: Copy + 'static {
    /// Every value by its name, in the order they are offered.
    const CHOICES: &'static [(&'static str, Self)];
}

/// A channel data arrives by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Metronome's data export: files under `landing/egress`.
    Egress,
    /// Metronome's API: answers under `landing/api`.
    Api,
}

/// What rows that cannot be typed do to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuarantinePolicy {
    /// One quarantined row stops the run before artifacts are written.
    Block,
    /// Quarantined rows are left out, counted and named, and the run goes on.
    Allow,
}

/// What a broken check or an exception does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The run publishes nothing and ends with exit 3.
    Block,
    /// It is said, and the run goes on.
    Warn,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a text of an artifact does that a spreadsheet would run as a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormulaCells {
    /// It has a `'` before it, which makes it a text there.
    Escape,
    /// It is written as it is.
    Keep,
}

/// Whose import file the journal is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalFormat {
    /// Nobody's: the report's own columns.
    Plain,
    /// NetSuite's.
    Netsuite,
    /// QuickBooks Online's.
    Quickbooks,
}

/// How results are written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How the rows of `etl sql` are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableFormat {
    /// A drawn table for a terminal.
    Table,
    /// CSV with a header.
    Csv,
    /// One JSON object a line.
    Json,
    /// A Parquet file.
    Parquet,
    /// A Markdown table.
    Markdown,
}

/// What part of a run is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Ask the sources for what is new, then normalize it.
    Extract,
    /// Take what landing holds into the lake; no source is asked.
    Normalize,
    /// Make the marts from the lake.
    Transform,
    /// Write the CSVs from the marts.
    Load,
    /// The stages above, in order.
    All,
}

impl Choice for Source {
    const CHOICES: &'static [(&'static str, Self)] = &[("egress", Self::Egress), ("api", Self::Api)];
}

impl Choice for QuarantinePolicy {
    const CHOICES: &'static [(&'static str, Self)] = &[("block", Self::Block), ("allow", Self::Allow)];
}

impl Choice for Severity {
    const CHOICES: &'static [(&'static str, Self)] = &[("block", Self::Block), ("warn", Self::Warn)];
}

impl Severity {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Warn => "warn",
        }
    }
}

impl Choice for JournalFormat {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("plain", Self::Plain), ("netsuite", Self::Netsuite), ("quickbooks", Self::Quickbooks)];
}

impl Choice for FormulaCells {
    const CHOICES: &'static [(&'static str, Self)] = &[("escape", Self::Escape), ("keep", Self::Keep)];
}

impl FormulaCells {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Escape => "escape",
            Self::Keep => "keep",
        }
    }
}

impl Choice for LogFormat {
    const CHOICES: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

impl Choice for OutputFormat {
    const CHOICES: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

impl Choice for TableFormat {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("table", Self::Table),
        ("csv", Self::Csv),
        ("json", Self::Json),
        ("parquet", Self::Parquet),
        ("markdown", Self::Markdown),
    ];
}

impl Choice for Stage {
    const CHOICES: &'static [(&'static str, Self)] = &[
        ("extract", Self::Extract),
        ("normalize", Self::Normalize),
        ("transform", Self::Transform),
        ("load", Self::Load),
        ("all", Self::All),
    ];
}

impl Stage {
    /// Whether sources are asked, and not only what landing or the lake holds.
    pub const fn asks_sources(self) -> bool {
        matches!(self, Self::Extract | Self::All)
    }
}

impl Source {
    /// Its name, which is also its folder in landing.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Egress => "egress",
            Self::Api => "api",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suggest::one_of;

    fn offered<C: Choice>() -> String {
        one_of(C::CHOICES.iter().map(|(name, _)| *name))
    }

    #[test]
    fn the_help_offers_exactly_the_values_accepted() {
        let command = crate::cli::command();
        let help = |command: &clap::Command, flag: &str| {
            let flag = command.get_arguments().find(|argument| argument.get_id() == flag).expect("a flag");
            flag.get_help().map(ToString::to_string).expect("a help text")
        };
        let run = command.find_subcommand("run").expect("run");
        let sql = command.find_subcommand("sql").expect("sql");
        for (help, offered) in [
            (help(run, "stage"), offered::<Stage>()),
            (help(sql, "format"), offered::<TableFormat>()),
            (help(&command, "log_format"), offered::<LogFormat>()),
            (help(&command, "output"), offered::<OutputFormat>()),
            (help(&command, "source"), offered::<Source>()),
        ] {
            assert!(help.contains(&format!(": {offered} [default")), "{help}");
        }
    }
}
