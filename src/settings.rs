//! Flags, variables, `pipeline.toml` and defaults, resolved and validated once, in that order of strength.
//!
//! After this nobody asks the environment or the file again. Whether a table, report or parameter exists is not known
//! here: patterns and parameters carry who gave them, so that whoever knows can refuse them by name.

mod accounts;
mod api;
mod checks;
mod choice;
mod dimensions;
mod duration;
mod file;
mod given;
mod local;
mod memory;
mod metrics;
mod parameters;
mod pattern;
mod places;
mod request;
mod store;
mod token;
mod variables;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use chrono::NaiveDate;

pub use accounts::Account;
pub use api::{Api, BaseUrl, Rate, SIMULATOR, Window, is_loopback};
pub use checks::GivenSeverity;
pub use choice::{
    Choice, FormulaCells, JournalFormat, LogFormat, OutputFormat, QuarantinePolicy, Severity, Source, Stage,
    TableFormat,
};
pub use dimensions::{Dimension, Owner};
pub use given::GivenBy;
pub use metrics::Metric;
pub use parameters::{Parameter, require_known as require_known_parameters};
pub use pattern::Pattern;
pub use request::{
    CloseOrder, CompactOrder, JournalOrder, Past, Query, RebuildOrder, ReopenOrder, ReportOrder, Request, VerifyOrder,
};
pub use store::{DeliveryPlace, Place, StoreKind, StorePlace};
pub use token::Token;
pub use variables::Variables;

use crate::cli::{Cli, Command, Common, ReadFlags};
use crate::error::{Error, Result};
use file::File;
use given::{Given, choose_or};

const DEFAULT_MEMORY_BYTES: usize = 512 << 20;

/// Everything a run is told, of whichever command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The file that was read.
    pub config_file: Option<PathBuf>,
    /// Answers of the API, and export files where they are delivered to this machine; as it is to be opened from the current
    /// folder, like every path here.
    pub landing: PathBuf,
    /// Where export files are delivered.
    pub delivered: DeliveryPlace,
    /// The lake.
    pub lake: Place,
    /// The published CSVs.
    pub artifacts: Place,
    /// The packs of closed months, a folder each.
    pub closes: Place,
    /// How long to wait for another run that writes to the lake.
    pub wait_lock: Duration,
    /// The project's own SQL; it exists. None where only the built-in SQL counts.
    pub sql: Option<PathBuf>,
    /// The sources to read, each once, never none.
    pub sources: Vec<Source>,
    /// How the API is asked; none where it is not among the sources.
    pub api: Option<Api>,
    /// The Metronome environment to report on.
    pub environment: Environment,
    /// What quarantined rows do.
    pub quarantine: QuarantinePolicy,
    /// What delivered data files do that belong to no table.
    pub unknown_files: Severity,
    /// What texts of artifacts do that a spreadsheet would run.
    pub formula_cells: FormulaCells,
    /// Whether artifacts begin with a byte order mark, by which spreadsheets know UTF-8.
    pub byte_order_mark: bool,
    /// Whether a workbook of all reports is written beside the CSVs.
    pub workbook: bool,
    /// Whether a page of them for a browser is written there too.
    pub page: bool,
    /// Whose import file `etl journal` writes where it is not told.
    pub journal_format: JournalFormat,
    /// The day that a run is for; none for the day it begins. Relative parameters count from it.
    pub day: Option<NaiveDate>,
    /// Parameters by name. The names are well formed; whether a report has them is for [`require_known_parameters`].
    pub parameters: BTreeMap<String, Parameter>,
    /// The accounts that journal entries are posted to, every one.
    pub accounts: Vec<Account>,
    /// What checks and exceptions do where it is not what their author wrote, by name of check or code.
    pub checks: BTreeMap<String, GivenSeverity>,
    /// What metrics count that do not say it themselves.
    pub metrics: Vec<Metric>,
    /// What other systems call customers and contracts, as columns of the reports, by name.
    pub dimensions: Vec<Dimension>,
    /// The tables meant; none for every table.
    pub tables: Option<Pattern>,
    /// The reports meant; none for every report.
    pub reports: Option<Pattern>,
    /// Threads to use, 1 or more.
    pub threads: usize,
    /// Memory queries may take, in bytes.
    pub memory_bytes: usize,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// What log lines are let through, as a `tracing` filter, and the variable that says so, if one does.
    pub log_filter: (String, Option<GivenBy>),
    /// Whether colours are welcome, on a terminal.
    pub colors: bool,
    /// How results are written.
    pub output: OutputFormat,
    /// -1 quiet, 0 usual, 1 more, 2 everything.
    pub verbosity: i8,
    /// What the file says of the sample account's data, where it says that the data is a sample.
    pub sample_notice: Option<String>,
    /// Whether the landing folder is the one that the lake was made from, in another place.
    pub is_landing_moved: bool,
    /// What is odd but no error; to be logged once.
    pub warnings: Vec<String>,
}

/// The Metronome environment to report on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Environment {
    /// Decided from the data.
    Auto,
    /// This one, in upper case as the data has it.
    Named(String),
}

impl Settings {
    /// The settings of a command line run in `folder`. Paths stay relative as far as they were; give an empty `folder`
    /// for the current one.
    ///
    /// # Errors
    /// Usage, naming the flag, variable or line with the value, what is accepted and, where it can be told, what was meant.
    pub fn resolve(cli: &Cli, variables: &Variables, folder: &Path) -> Result<Self> {
        let flags = &cli.common;
        // `etl init` and `etl demo` make settings and go by none: those of where they are run are not those of what they make.
        // What a shell asks for when it starts cannot depend on where it starts.
        let none = Variables::default();
        let goes_by_none = matches!(
            cli.command,
            Some(Command::Init(_) | Command::Demo(_) | Command::Completions(_) | Command::Man(_))
        );
        let variables = if goes_by_none { &none } else { variables };
        let config_file = if goes_by_none { None } else { find_file(flags, variables, folder)? };
        let file = config_file.as_deref().map(File::read).transpose()?.unwrap_or_default();
        let pick = |flag: Option<&String>, name, key| text(flag, name, variables).or_else(|| file.value(key).cloned());
        let pattern = |flag: Option<&String>, name| text(flag, name, variables).map(Pattern::parse).transpose();

        let places = places::resolve(flags, variables, &file, folder)?;
        let (verbosity, log_filter) = loudness(flags, variables)?;
        let given_source = pick(flags.source.as_ref(), "source", "source");
        // A new project reads both until its file says otherwise.
        let sources = match given_source {
            None if goes_by_none => Source::CHOICES.iter().map(|(_, source)| *source).collect(),
            given => sources(given.as_ref())?,
        };
        let warnings = variables.warnings();
        let base_url = pick(flags.api_base_url.as_ref(), "api-base-url", "api.base_url");
        let api = api::resolve(
            sources.contains(&Source::Api) && !goes_by_none,
            base_url.as_ref(),
            cli.reads().map_or(Ok(None), |flags| api::window(flags, variables))?,
            &file,
            variables,
            folder,
        )?;
        Ok(Self {
            landing: places.landing,
            delivered: places.delivered,
            lake: places.lake,
            artifacts: places.artifacts,
            closes: places.closes,
            wait_lock: text(flags.wait_lock.as_ref(), "wait-lock", variables)
                .map_or(Ok(Duration::ZERO), |given| duration::parse(&given))?,
            sql: places::sql(&file, config_file.is_some())?,
            sources,
            api,
            environment: environment(pick(flags.environment.as_ref(), "environment", "environment"))?,
            quarantine: choose_or(file.value("quality.quarantine"), QuarantinePolicy::Block)?,
            unknown_files: choose_or(file.value("quality.unknown_files"), Severity::Block)?,
            parameters: parameters::merge(file.parameters.clone(), variables.for_flag("param").as_ref(), &flags.param)?,
            formula_cells: choose_or(file.value("load.formula_cells"), FormulaCells::Escape)?,
            byte_order_mark: file.truth("load.byte_order_mark", false),
            workbook: file.truth("load.workbook", true),
            page: file.truth("load.page", true),
            journal_format: choose_or(file.value("journal.format"), JournalFormat::Plain)?,
            day: text(flags.date.as_ref(), "date", variables).map(day).transpose()?,
            accounts: accounts::resolve(&file)?,
            checks: checks::resolve(&file)?,
            metrics: metrics::resolve(&file)?,
            dimensions: dimensions::resolve(&file)?,
            tables: pattern(flags.table.as_ref(), "table")?,
            reports: pattern(flags.report.as_ref(), "report")?,
            threads: number(file.value("limits.threads"), 1..=1024, cores())?,
            memory_bytes: file
                .value("limits.memory")
                .map_or(Ok(DEFAULT_MEMORY_BYTES), |given| memory::parse(given, memory::LEAST_FOR_QUERIES))?,
            log_format: choose_or(
                pick(flags.log_format.as_ref(), "log-format", "log.format").as_ref(),
                LogFormat::Text,
            )?,
            log_filter,
            colors: !variables.no_color(),
            output: choose_or(text(flags.output.as_ref(), "output", variables).as_ref(), OutputFormat::Text)?,
            verbosity,
            sample_notice: file.value("sample.notice").map(|given| given.value.clone()),
            is_landing_moved: cli.reads().map_or(Ok(false), |flags| is_moved(flags, variables))?,
            warnings,
            config_file,
        })
    }
}

impl Settings {
    /// What a check or a code of this name does: as `[checks]` says, else as its author wrote.
    pub fn severity(&self, name: &str, written: Severity) -> Severity {
        self.checks.get(name).map_or(written, |given| given.severity)
    }
}

/// The file that was named, else the nearest `pipeline.toml`: in the folder or in one above it, as git looks for its own.
fn find_file(flags: &Common, variables: &Variables, folder: &Path) -> Result<Option<PathBuf>> {
    match path(flags.config.as_ref(), "config", variables) {
        None => {
            let here = folder.join(file::DEFAULT_NAME);
            if here.exists() { Ok(Some(here)) } else { file::above(folder) }
        }
        Some(given) => {
            local::require_local(&given.value, &given.by, "the settings file", "file")?;
            let path = folder.join(&given.value);
            // Not is_file: a pipe such as a shell's `<(…)` can be read as well.
            if path.exists() && !path.is_dir() {
                return Ok(Some(path));
            }
            Err(given.by.refuse(&given.value.display().to_string(), "a file that exists"))
        }
    }
}

/// What the flag says, else its variable.
fn text(flag: Option<&String>, name: &str, variables: &Variables) -> Option<Given<String>> {
    let typed = flag.map(|value| Given::new(value.clone(), GivenBy::Flag(format!("--{name}"))));
    typed.or_else(|| variables.for_flag(name))
}

/// The same for a path, which need not be UTF-8 as a flag.
fn path(flag: Option<&PathBuf>, name: &str, variables: &Variables) -> Option<Given<PathBuf>> {
    let typed = flag.map(|value| Given::new(value.clone(), GivenBy::Flag(format!("--{name}"))));
    typed.or_else(|| variables.for_flag(name).map(|given| Given::new(given.value.into(), given.by)))
}

/// Refuses the first key that is none of those known.
fn refuse_unknown(given: &BTreeMap<String, Given<String>>, what: &str, known: &[&str]) -> Result<()> {
    let Some((name, given)) = given.iter().find(|(name, _)| !known.contains(&name.as_str())) else { return Ok(()) };
    let error = Error::usage(format!("{} is not {what}", given.by));
    Err(error.hint(match crate::suggest::nearest(name, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("known here: {}", known.join(", ")),
    }))
}

/// Whether the variable of a switch is on.
fn truth(name: &str, variables: &Variables) -> Result<bool> {
    let Some(given) = variables.for_flag(name) else { return Ok(false) };
    match given.value.trim().to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(given.by.refuse(&given.value, "true or false")),
    }
}

fn day(given: Given<String>) -> Result<NaiveDate> {
    let day = NaiveDate::parse_from_str(given.value.trim(), "%Y-%m-%d").ok();
    day.ok_or_else(|| given.by.refuse(&given.value, "a day like 2024-04-05"))
}

fn is_moved(flags: &ReadFlags, variables: &Variables) -> Result<bool> {
    Ok(flags.moved_landing || truth("moved-landing", variables)?)
}

fn sources(given: Option<&Given<String>>) -> Result<Vec<Source>> {
    let Some(given) = given else { return Ok(vec![Source::Egress]) };
    let mut sources = Vec::new();
    for name in given.value.split(',') {
        let source = Given::new(name.to_owned(), given.by.clone()).choose()?;
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    Ok(sources)
}

fn environment(given: Option<Given<String>>) -> Result<Environment> {
    let Some(given) = given else { return Ok(Environment::Auto) };
    let name = given.value.trim().to_uppercase();
    if name == "AUTO" {
        return Ok(Environment::Auto);
    }
    let is_name =
        |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    if name.is_empty() || !is_name(&name) {
        return Err(given.by.refuse(&given.value, "auto or the name of an environment, such as PRODUCTION"));
    }
    Ok(Environment::Named(name))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// A whole number in a range, both ends included, or the default where none is given.
fn number<N: FromStr + PartialOrd + Display>(
    given: Option<&Given<String>>,
    range: RangeInclusive<N>,
    default: N,
) -> Result<N> {
    let Some(given) = given else { return Ok(default) };
    let number = given.value.parse().ok().filter(|number| range.contains(number));
    let expected = || format!("a number from {} to {}", range.start(), range.end());
    number.ok_or_else(|| given.by.refuse(&given.value, &expected()))
}

/// The verbosity and the log filter. A `-v` or `-q` that was typed is stronger than a filter from a variable, and that
/// is stronger than a verbosity from a variable, being the more exact.
fn loudness(flags: &Common, variables: &Variables) -> Result<(i8, (String, Option<GivenBy>))> {
    let is_typed = flags.quiet || flags.verbose > 0;
    let verbosity = match (flags.quiet, flags.verbose) {
        (true, _) => -1,
        (false, 0) => verbosity(variables)?,
        (false, 1) => 1,
        (false, _) => 2,
    };
    match variables.log_filter() {
        Some(given) if !is_typed => Ok((verbosity, (given.value, Some(given.by)))),
        _ => Ok((verbosity, (default_filter(verbosity).to_owned(), None))),
    }
}

fn verbosity(variables: &Variables) -> Result<i8> {
    let is_quiet = truth("quiet", variables)?;
    let verbose = match variables.for_flag("verbose") {
        None => 0,
        Some(given) => match given.value.trim() {
            "0" | "false" => 0,
            "1" | "true" => 1,
            "2" => 2,
            _ => return Err(given.by.refuse(&given.value, "0, 1 or 2")),
        },
    };
    match (is_quiet, verbose) {
        (true, 0) => Ok(-1),
        (true, _) => Err(Error::usage("`ETL_QUIET` and `ETL_VERBOSE` are both set")),
        (false, verbose) => Ok(verbose),
    }
}

/// The filter where a person is looking at a terminal: a step quieter.
pub fn filter_of_terminal(verbosity: i8) -> &'static str {
    match verbosity {
        0 => "warn,buoyant_kernel=off",
        louder => default_filter(louder - 1),
    }
}

/// Our own lines by verbosity; of the libraries only what went wrong, until everything is asked for. The library that
/// reads table logs says its errors twice, with backtraces: ours name the table.
fn default_filter(verbosity: i8) -> &'static str {
    match verbosity {
        ..=-1 => "error,buoyant_kernel=off",
        0 => "warn,etl=info,buoyant_kernel=off",
        1 => "warn,etl=debug,buoyant_kernel=off",
        2.. => "info,etl=trace",
    }
}

#[cfg(test)]
mod tests;
