//! What this one invocation asks for: the command and its own flags, resolved.

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveDate;
use clap_complete::Shell;

use crate::cli::{
    Cli, CloseFlags, Command, CompactFlags, ExplainFlags, JournalFlags, ReadFlags, ReopenFlags, ReportFlags, RunFlags,
    SqlFlags,
};
use crate::error::{Error, Result};
use crate::settings::choice::{JournalFormat, Stage, TableFormat};
use crate::settings::duration;
use crate::settings::given::{Given, GivenBy, choose_or};
use crate::settings::local::require_local;
use crate::settings::variables::Variables;
use crate::settings::{number, path, text, truth};
use crate::value::timestamp;

/// Rows that `etl explain` shows of each step where nobody says how many.
const SHOWN: usize = 20;
/// What it can be made to show: all of it is held until the widths of columns are known.
const SHOWN_AT_MOST: usize = 100_000;
/// For how many days `etl compact` keeps what was published.
const KEPT_DAYS: u16 = 400;

/// A command with everything that is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// `etl run`
    Run {
        /// What part of a run.
        stage: Stage,
        /// Whether every landing file is read again, not only the new ones.
        full_refresh: bool,
    },
    /// `etl run` of another time
    LookBack(Past),
    /// `etl close`
    Close(CloseOrder),
    /// `etl reopen`
    Reopen(ReopenOrder),
    /// `etl plan`
    Plan {
        /// As for a run.
        full_refresh: bool,
    },
    /// `etl sql`
    Sql {
        /// Where the query is.
        query: Query,
        /// How rows are written. Never Parquet without an output file.
        format: TableFormat,
        /// Where rows are written; standard output where there is none.
        output_file: Option<PathBuf>,
    },
    /// `etl journal`
    Journal(JournalOrder),
    /// `etl report`
    Report(ReportOrder),
    /// `etl diff`
    Diff {
        /// The run that is compared with: an id, the beginning of one, `latest` or `previous`.
        old: String,
        /// The run that is compared, likewise.
        new: String,
    },
    /// `etl explain`
    Explain {
        /// The report.
        report: String,
        /// Which of its rows, as typed.
        key: String,
        /// Rows to show of each step.
        limit: usize,
    },
    /// `etl forget`
    Forget {
        /// The file, as the quarantine names it.
        file: String,
    },
    /// `etl compact`
    Compact(CompactOrder),
    /// Make the lake anew from landing.
    Rebuild(RebuildOrder),
    /// Hold every file to what was written.
    Verify(VerifyOrder),
    /// `etl status`
    Status {
        /// How old the newest data may be.
        most: Option<Duration>,
    },
    /// `etl check`
    Check,
    /// `etl init`
    Init {
        /// The folder to make.
        folder: PathBuf,
    },
    /// `etl demo`
    Demo {
        /// The folder to make.
        folder: PathBuf,
    },
    /// `etl completions`
    Completions {
        /// Whose.
        shell: Shell,
    },
    /// `etl man`
    Man {
        /// Which command's page; that of `etl` where it is none.
        command: Option<String>,
    },
}

/// Which time reports are of; one of the two is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// What was true then, microseconds since the epoch.
    pub as_of: Option<i64>,
    /// What was known then, likewise.
    pub known_at: Option<i64>,
}

/// Which month to close, and what to accept for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseOrder {
    /// First day of the month.
    pub month: NaiveDate,
    /// Codes of exceptions to accept; none without a reason.
    pub accept: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// The last day of data that they are accepted for; none for ever.
    pub until: Option<NaiveDate>,
    /// Who accepts them, where that can be told.
    pub by: Option<String>,
}

/// Which close to undo, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReopenOrder {
    /// First day of the month.
    pub month: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Which month of the journal, for whom, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalOrder {
    /// First day of the month.
    pub month: NaiveDate,
    /// The file's where it is none.
    pub format: Option<JournalFormat>,
    /// Standard output where it is none.
    pub output_file: Option<PathBuf>,
}

/// Where the page is written, and what then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOrder {
    /// The file.
    pub output_file: PathBuf,
    /// Whether a browser is to show it.
    pub is_opened: bool,
}

/// How `etl rebuild` goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildOrder {
    /// Whether the new lake takes the place of the old one also where reports differ.
    pub is_accepted: bool,
}

/// What `etl verify` is to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyOrder {
    /// Also what earlier runs published and closes were made from.
    pub is_all: bool,
}

/// For how long what was published is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactOrder {
    /// In days.
    pub keep_days: u16,
    /// Whether it is only said what would be removed.
    pub is_dry_run: bool,
}

/// Where the text of a query is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Here.
    Text(String),
    /// In a file.
    File(PathBuf),
    /// On standard input.
    StandardInput,
}

impl Request {
    /// The request of a command line; a command that is missing counts as `check`, which touches nothing.
    ///
    /// # Errors
    /// Usage: an unknown stage or format, days for a stage that reads none, no query, Parquet without a file to write, or a
    /// limit that is no number.
    pub fn resolve(cli: &Cli, variables: &Variables) -> Result<Self> {
        match &cli.command {
            Some(Command::Run(flags)) => run(flags, variables),
            Some(Command::Sql(flags)) => sql(flags, variables),
            Some(Command::Close(flags)) => close(flags, variables).map(Self::Close),
            Some(Command::Journal(flags)) => journal(flags, variables).map(Self::Journal),
            Some(Command::Report(flags)) => report(flags, variables).map(Self::Report),
            Some(Command::Reopen(flags)) => reopen(flags, variables).map(Self::Reopen),
            Some(Command::Plan(flags)) => Ok(Self::Plan { full_refresh: full_refresh(flags, variables)? }),
            Some(Command::Diff(flags)) => Ok(Self::Diff { old: flags.old.clone(), new: flags.new.clone() }),
            Some(Command::Explain(flags)) => explain(flags, variables),
            Some(Command::Init(flags)) => {
                let by = GivenBy::Flag("DIR".to_owned());
                require_local(&flags.folder, &by, "the new project", "folder")?;
                Ok(Self::Init { folder: flags.folder.clone() })
            }
            Some(Command::Demo(flags)) => {
                let by = GivenBy::Flag("DIR".to_owned());
                require_local(&flags.folder, &by, "the sample's project", "folder")?;
                Ok(Self::Demo { folder: flags.folder.clone() })
            }
            Some(Command::Completions(flags)) => Ok(Self::Completions { shell: flags.shell }),
            Some(Command::Man(flags)) => Ok(Self::Man { command: flags.command.clone() }),
            Some(Command::Compact(flags)) => compact(flags, variables).map(Self::Compact),
            Some(Command::Rebuild(flags)) => Ok(Self::Rebuild(RebuildOrder {
                is_accepted: flags.accept_differences || truth("accept-differences", variables)?,
            })),
            Some(Command::Verify(flags)) => {
                Ok(Self::Verify(VerifyOrder { is_all: flags.all || truth("all", variables)? }))
            }
            Some(Command::Forget(flags)) => Ok(Self::Forget { file: flags.file.clone() }),
            Some(Command::Status(flags)) => {
                let given = text(flags.max_age.as_ref(), "max-age", variables);
                Ok(Self::Status { most: given.as_ref().map(duration::parse).transpose()? })
            }
            Some(Command::Check) | None => Ok(Self::Check),
        }
    }

    /// Whether sources are asked, so that credentials must be there: not for what is made from landing or the lake.
    pub fn asks_sources(&self) -> bool {
        match self {
            Self::Run { stage, .. } => stage.asks_sources(),
            Self::Plan { .. } | Self::Check => true,
            Self::Sql { .. }
            | Self::Explain { .. }
            | Self::Journal(_)
            | Self::Status { .. }
            | Self::Report(_)
            | Self::Diff { .. }
            | Self::Forget { .. }
            | Self::Compact(_)
            | Self::Verify(_)
            | Self::Rebuild(_)
            | Self::Init { .. }
            | Self::Demo { .. }
            | Self::Completions { .. }
            | Self::Man { .. }
            | Self::LookBack(_)
            | Self::Reopen(_)
            | Self::Close(_) => false,
        }
    }
}

fn run(flags: &RunFlags, variables: &Variables) -> Result<Request> {
    let stage = choose_or(text(flags.stage.as_ref(), "stage", variables).as_ref(), Stage::All)?;
    // Typed for this very run. A variable may be there for the stages of a schedule, of which one reads.
    if !stage.asks_sources() && (flags.read.from.is_some() || flags.read.to.is_some()) {
        let error = Error::usage("`--from` and `--to` are for the stages that ask the sources, extract and all");
        return Err(error.hint("what landing holds is taken into the lake whatever its days"));
    }
    let past = Past {
        as_of: instant(flags.as_of.as_ref(), "as-of", variables)?,
        known_at: instant(flags.known_at.as_ref(), "known-at", variables)?,
    };
    if past == (Past { as_of: None, known_at: None }) {
        return Ok(Request::Run { stage, full_refresh: full_refresh(&flags.read, variables)? });
    }
    if stage != Stage::All || full_refresh(&flags.read, variables)? {
        return Err(Error::usage("reports of another time are made from the lake alone, from what it has published")
            .hint("leave out --stage and --full-refresh beside --as-of and --known-at"));
    }
    Ok(Request::LookBack(past))
}

fn instant(flag: Option<&String>, name: &str, variables: &Variables) -> Result<Option<i64>> {
    let Some(given) = text(flag, name, variables) else { return Ok(None) };
    let expected = "an instant in UTC such as 2024-04-01 or 2024-04-01T12:00:00Z";
    timestamp::parse(given.value.trim().as_bytes()).map(Some).map_err(|_| given.by.refuse(&given.value, expected))
}

/// A month as a person types it: 2024-03.
fn month(given: &str) -> Result<NaiveDate> {
    let parsed = NaiveDate::parse_from_str(&format!("{given}-01"), "%Y-%m-%d").ok().filter(|_| given.len() == 7);
    parsed.ok_or_else(|| Error::usage(format!("`{given}` is no month")).hint("a month is written 2024-03"))
}

fn reason(flag: Option<&String>, variables: &Variables) -> Option<String> {
    let reason = text(flag, "reason", variables).map(|given| given.value.trim().to_owned());
    reason.filter(|reason| !reason.is_empty())
}

fn close(flags: &CloseFlags, variables: &Variables) -> Result<CloseOrder> {
    let month = month(&flags.month)?;
    let mut accept = flags.accept.clone();
    if let Some(given) = variables.for_flag("accept").filter(|_| accept.is_empty()) {
        accept = given.value.split(',').map(|code| code.trim().to_owned()).filter(|code| !code.is_empty()).collect();
    }
    let reason = reason(flags.reason.as_ref(), variables);
    let until = text(flags.accept_until.as_ref(), "accept-until", variables);
    let until = until.map(super::day).transpose()?;
    if until.is_some() && accept.is_empty() {
        return Err(Error::usage("a last day for nothing").hint("say what is accepted with --accept CODE"));
    }
    let by = text(flags.accepted_by.as_ref(), "accepted-by", variables).map(|given| given.value);
    let by = by.or_else(|| variables.user().map(str::to_owned));
    match (accept.is_empty(), &reason) {
        (false, None) => Err(Error::usage("an exception is accepted for a reason").hint("say it with --reason TEXT")),
        (true, Some(_)) => Err(Error::usage("a reason for nothing").hint("say what is accepted with --accept CODE")),
        _ => Ok(CloseOrder { month, accept, reason, until, by }),
    }
}

fn reopen(flags: &ReopenFlags, variables: &Variables) -> Result<ReopenOrder> {
    let month = month(&flags.month)?;
    let reason = reason(flags.reason.as_ref(), variables);
    let reason =
        reason.ok_or_else(|| Error::usage("a close is undone for a reason").hint("say it with --reason TEXT"))?;
    Ok(ReopenOrder { month, reason })
}

fn full_refresh(flags: &ReadFlags, variables: &Variables) -> Result<bool> {
    Ok(flags.full_refresh || truth("full-refresh", variables)?)
}

/// The file that rows are written to.
fn output_file(flag: Option<&PathBuf>, variables: &Variables) -> Result<Option<PathBuf>> {
    let Some(given) = path(flag, "output-file", variables) else { return Ok(None) };
    require_local(&given.value, &given.by, "the output file", "file")?;
    Ok(Some(given.value))
}

fn journal(flags: &JournalFlags, variables: &Variables) -> Result<JournalOrder> {
    let format = text(flags.journal_format.as_ref(), "journal-format", variables);
    Ok(JournalOrder {
        month: month(&flags.month)?,
        format: format.as_ref().map(Given::choose).transpose()?,
        output_file: output_file(flags.output_file.as_ref(), variables)?,
    })
}

fn report(flags: &ReportFlags, variables: &Variables) -> Result<ReportOrder> {
    Ok(ReportOrder {
        output_file: output_file(flags.output_file.as_ref(), variables)?
            .unwrap_or_else(|| PathBuf::from("report.html")),
        is_opened: flags.open || truth("open", variables)?,
    })
}

fn sql(flags: &SqlFlags, variables: &Variables) -> Result<Request> {
    let output_file = output_file(flags.output_file.as_ref(), variables)?;
    let by_ending = output_file.as_deref().and_then(format_of).unwrap_or(TableFormat::Table);
    let format = choose_or(text(flags.format.as_ref(), "format", variables).as_ref(), by_ending)?;
    if format == TableFormat::Parquet && output_file.is_none() {
        return Err(Error::usage("parquet is no format for standard output").hint("name a file with `--output-file`"));
    }
    Ok(Request::Sql { query: query(flags, variables)?, format, output_file })
}

fn explain(flags: &ExplainFlags, variables: &Variables) -> Result<Request> {
    let limit = number(text(flags.limit.as_ref(), "limit", variables).as_ref(), 0..=SHOWN_AT_MOST, SHOWN)?;
    Ok(Request::Explain { report: flags.report.clone(), key: flags.key.clone(), limit })
}

fn compact(flags: &CompactFlags, variables: &Variables) -> Result<CompactOrder> {
    let keep_days = number(text(flags.keep_days.as_ref(), "keep-days", variables).as_ref(), 0..=36_500, KEPT_DAYS)?;
    Ok(CompactOrder { keep_days, is_dry_run: flags.dry_run || truth("dry-run", variables)? })
}

/// A flag, either one, is stronger than both variables.
fn query(flags: &SqlFlags, variables: &Variables) -> Result<Query> {
    if let Some(text) = &flags.command {
        return query_text(Given::new(text.clone(), GivenBy::Flag("--command".to_owned())));
    }
    if let Some(path) = &flags.file {
        return query_file(path, &GivenBy::Flag("--file".to_owned()));
    }
    match (variables.for_flag("command"), variables.for_flag("file")) {
        (Some(text), None) => query_text(text),
        (None, Some(path)) => query_file(Path::new(&path.value), &path.by),
        (Some(text), Some(path)) => Err(Error::usage(format!("{} and {} are both set", text.by, path.by))),
        (None, None) => Err(Error::usage("no query").hint("give one with `-c SQL`, or a file with one with `-f FILE`")),
    }
}

fn query_text(text: Given<String>) -> Result<Query> {
    // A flag in its place is no query, though it reads as a comment.
    let is_flag = text.value.starts_with('-') && !text.value.contains(char::is_whitespace);
    if text.value.trim().is_empty() || is_flag {
        return Err(text.by.refuse(&text.value, "a query"));
    }
    Ok(Query::Text(text.value))
}

fn query_file(path: &Path, by: &GivenBy) -> Result<Query> {
    require_local(path, by, "the file of the query", "file")?;
    Ok(if path == Path::new("-") { Query::StandardInput } else { Query::File(path.to_owned()) })
}

fn format_of(path: &Path) -> Option<TableFormat> {
    match path.extension()?.to_str()? {
        "csv" => Some(TableFormat::Csv),
        "json" | "jsonl" | "ndjson" => Some(TableFormat::Json),
        "parquet" => Some(TableFormat::Parquet),
        "md" => Some(TableFormat::Markdown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::{cli, variables};

    fn request(words: &[&str], variables_set: &[(&str, &str)]) -> Result<Request> {
        Request::resolve(&cli(words), &variables(variables_set))
    }

    fn stage(words: &[&str], variables_set: &[(&str, &str)]) -> Stage {
        match request(words, variables_set).expect("resolves") {
            Request::Run { stage, .. } => stage,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_stage_is_the_flags_else_the_variables_else_all() {
        assert_eq!(stage(&["run"], &[]), Stage::All);
        assert_eq!(stage(&["run"], &[("ETL_STAGE", "load")]), Stage::Load);
        assert_eq!(stage(&["run", "--stage", "extract"], &[("ETL_STAGE", "load")]), Stage::Extract);
    }

    #[test]
    fn an_unknown_stage_names_who_gave_it_and_what_was_meant() {
        let accepted = "expected extract, normalize, transform, load or all\nhint: did you mean `transform`?";
        let by_flag = request(&["run", "--stage", "trasform"], &[]).expect_err("refused").report();
        assert_eq!(by_flag, format!("error: `--stage` is `trasform`, {accepted}"));
        let by_variable = request(&["run"], &[("ETL_STAGE", "trasform")]).expect_err("refused").report();
        assert_eq!(by_variable, format!("error: `ETL_STAGE` is `trasform`, {accepted}"));
    }

    #[test]
    fn a_full_refresh_is_asked_for_by_flag_or_variable() {
        let refresh = |words: &[&str], set: &[(&str, &str)]| request(words, set).expect("resolves");
        let all = |full_refresh| Request::Run { stage: Stage::All, full_refresh };
        assert_eq!(refresh(&["run"], &[]), all(false));
        assert_eq!(refresh(&["run", "--full-refresh"], &[]), all(true));
        assert_eq!(refresh(&["run"], &[("ETL_FULL_REFRESH", "1")]), all(true));
        assert_eq!(refresh(&["run"], &[("ETL_FULL_REFRESH", "false")]), all(false));
        let error = request(&["run"], &[("ETL_FULL_REFRESH", "maybe")]).expect_err("refused");
        assert_eq!(error.to_string(), "`ETL_FULL_REFRESH` is `maybe`, expected true or false");
    }

    #[test]
    fn a_plan_takes_what_a_run_takes_but_a_stage() {
        let plan = request(&["plan", "--full-refresh", "--from", "2024-03-01"], &[]);
        assert_eq!(plan, Ok(Request::Plan { full_refresh: true }));
        assert_eq!(request(&["plan"], &[("ETL_FULL_REFRESH", "0")]), Ok(Request::Plan { full_refresh: false }));
    }

    #[test]
    fn days_are_for_stages_that_ask_sources() {
        for stage in ["normalize", "transform", "load"] {
            let words = ["run", "--stage", stage, "--from", "2024-03-01"];
            assert!(request(&words, &[]).expect_err(stage).to_string().contains("extract and all"));
            assert!(request(&words[..3], &[("ETL_FROM", "2024-03-01")]).is_ok());
        }
        assert!(request(&["run", "--stage", "extract", "--from", "2024-03-01"], &[]).is_ok());
    }

    #[test]
    fn only_what_asks_sources_needs_credentials() {
        for (words, expected) in [
            (&["run"][..], true),
            (&["run", "--stage", "extract"], true),
            (&["run", "--stage", "normalize"], false),
            (&["run", "--stage", "transform"], false),
            (&["run", "--stage", "load"], false),
            (&["plan"], true),
            (&["check"], true),
            (&["sql", "-c", "select 1"], false),
            (&["explain", "x", "a=1"], false),
            (&["init", "x"], false),
        ] {
            assert_eq!(request(words, &[]).expect("resolves").asks_sources(), expected, "{words:?}");
        }
    }

    #[test]
    fn the_output_files_ending_says_the_format_unless_one_is_given() {
        for (words, expected) in [
            (&["sql", "-c", "select 1"][..], TableFormat::Table),
            (&["sql", "-c", "select 1", "-o", "a/b.csv"], TableFormat::Csv),
            (&["sql", "-c", "select 1", "-o", "b.parquet"], TableFormat::Parquet),
            (&["sql", "-c", "select 1", "-o", "b.txt"], TableFormat::Table),
            (&["sql", "-c", "select 1", "-o", "b.csv", "--format", "json"], TableFormat::Json),
        ] {
            let Request::Sql { format, .. } = request(words, &[]).expect("resolves") else { panic!("no sql") };
            assert_eq!(format, expected, "{words:?}");
        }
        assert!(request(&["sql", "-c", "select 1", "--format", "parquet"], &[]).is_err());
    }

    #[test]
    fn an_explanation_shows_as_many_rows_as_flag_or_variable_say() {
        let limit = |words: &[&str], set: &[(&str, &str)]| {
            request(&[&["explain", "r", "a=1"], words].concat(), set).map(|request| match request {
                Request::Explain { limit, .. } => limit,
                other => panic!("{other:?}"),
            })
        };
        assert_eq!(limit(&[], &[]), Ok(20));
        assert_eq!(limit(&[], &[("ETL_LIMIT", "5")]), Ok(5));
        assert_eq!(limit(&["--limit", "0"], &[("ETL_LIMIT", "5")]), Ok(0));
        let error = limit(&["--limit", "all"], &[]).expect_err("refused").to_string();
        assert_eq!(error, "`--limit` is `all`, expected a number from 0 to 100000");
    }

    #[test]
    fn a_query_comes_from_one_place() {
        let query = |words: &[&str], set: &[(&str, &str)]| {
            request(words, set).map(|request| match request {
                Request::Sql { query, .. } => query,
                other => panic!("{other:?}"),
            })
        };
        assert_eq!(query(&["sql", "-f", "-"], &[]), Ok(Query::StandardInput));
        assert_eq!(query(&["sql", "-f", "a.sql"], &[("ETL_COMMAND", "select 1")]), Ok(Query::File("a.sql".into())));
        assert_eq!(query(&["sql"], &[("ETL_COMMAND", "select 1")]), Ok(Query::Text("select 1".to_owned())));
        assert!(query(&["sql"], &[]).is_err());
        assert!(query(&["sql", "-c", " "], &[]).is_err());
        assert!(query(&["sql"], &[("ETL_COMMAND", "select 1"), ("ETL_FILE", "a.sql")]).is_err());
    }
}
