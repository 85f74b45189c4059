//! The flags as a person types them.
//!
//! Text in, text out: what a value means, what it is when nobody gives it and which source wins is `settings`' business.
//! The variable of a flag follows from the flag's name ([`variable_of`]), so none can be without one.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::error::{Error, exit_code_help};
use crate::suggest::nearest;

/// The command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Parser)]
#[command(
    name = "etl",
    version = env!("ETL_VERSION"),
    about = "Metronome's data exports and API to a Parquet lake to the CSVs finance closes the month with"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
}

/// The commands.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Bring the lake and the artifacts up to date
    Run(RunFlags),
    /// Say what a run would ask, read and make, and do none of it
    Plan(ReadFlags),
    /// Close a month: its figures stay as they are, and its pack is written
    Close(CloseFlags),
    /// Undo the newest close; it stays on record, and its pack is set aside
    Reopen(ReopenFlags),
    /// Tell what two runs report differently, and why
    Diff(DiffFlags),
    /// Ask the lake and its reports something in SQL
    Sql(SqlFlags),
    /// Write the journal of a month as a file that a ledger imports
    Journal(JournalFlags),
    /// Write a page of all reports that a browser opens without a network, with charts, filters and each figure's way
    Report(ReportFlags),
    /// Walk a figure of a report down to invoices, lines, ledger entries and the rows and answers they came in
    Explain(ExplainFlags),
    /// Take a file that is gone for good out of the quarantine, where its cells keep reports from being made
    Forget(ForgetFlags),
    /// Remove lake files that only runs of long ago published; what closes were made from stays
    #[command(visible_alias = "vacuum")]
    Compact(CompactFlags),
    /// Make the lake anew from landing, hold its reports to those of the old one, and put it in its place
    Rebuild(RebuildFlags),
    /// Read every file of the lake and hold it to what was written
    Verify(VerifyFlags),
    /// Say how new the data are, what the newest run came to, which exceptions are open and which months closed
    Status(StatusFlags),
    /// Read settings, tables and SQL, plan every report, and touch nothing
    Check,
    /// Make a folder with settings for an account of your own
    Init(InitFlags),
    /// Make the project of a made-up account, run it, close a month, and run it again with what came late
    Demo(DemoFlags),
    /// Write what a shell completes the commands and flags of `etl` by
    Completions(CompletionsFlags),
    /// Write the manual page of `etl`, or of one of its commands
    Man(ManFlags),
}

/// The flags of `etl run`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct RunFlags {
    /// The step to run: extract, normalize, transform, load or all [default: all]
    #[arg(long, value_name = "STAGE")]
    pub stage: Option<String>,
    /// What it reads.
    #[command(flatten)]
    pub read: ReadFlags,
    /// Make the reports of what was true at this instant, such as 2024-04-01, into a folder of their own [default: now]
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Make the reports of what the lake had published at this instant, into a folder of their own [default: now]
    #[arg(long, value_name = "TIME")]
    pub known_at: Option<String>,
}

/// The flags of `etl status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct StatusFlags {
    /// How old the newest data may be, such as 26h: older, and it ends with exit 3 [default: any age]
    #[arg(long, value_name = "TIME")]
    pub max_age: Option<String>,
}

/// The flags of `etl close`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct CloseFlags {
    /// The month, such as 2024-03; all months before it are closed with it
    #[arg(value_name = "MONTH")]
    pub month: String,
    /// Accept the blocking exceptions of this code that stand, or what speaks against the close by it; may be repeated, the variable takes them by commas [default: none]
    #[arg(long, value_name = "CODE", action = ArgAction::Append)]
    pub accept: Vec<String>,
    /// Why they are accepted; it is kept with them [default: none]
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The last day that they are accepted for, such as 2024-06-30: with data of a later one they block again [default: for ever]
    #[arg(long, value_name = "DATE")]
    pub accept_until: Option<String>,
    /// Who accepts them; it is kept with them [default: the user that runs it]
    #[arg(long, value_name = "NAME")]
    pub accepted_by: Option<String>,
}

/// The flags of `etl reopen`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ReopenFlags {
    /// The month that was closed last, such as 2024-03
    #[arg(value_name = "MONTH")]
    pub month: String,
    /// Why it is reopened; it is kept with the close [default: none]
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What `etl run` reads, and `etl plan` says it would.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ReadFlags {
    /// Read every landing file again, and all of the API, instead of what is new only [default: off]
    #[arg(long)]
    pub full_refresh: bool,
    /// The landing folder is the one that the lake was made from, in another place [default: off]
    #[arg(long)]
    pub moved_landing: bool,
    /// First day to ask the API for, UTC, such as 2024-03-01 [default: what no run has read, and what can still change]
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// First day not to ask for any more, beside --from: the period is half-open [default: today]
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
}

/// What `etl diff` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct DiffFlags {
    /// The run to compare with: an id, the beginning of one, latest or previous
    #[arg(value_name = "RUN")]
    pub old: String,
    /// The run to compare
    #[arg(value_name = "RUN", default_value = "latest")]
    pub new: String,
}

/// What `etl init` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct InitFlags {
    /// The folder; made where it is missing, and without a pipeline.toml where it is there
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}

/// What `etl demo` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct DemoFlags {
    /// The folder; made where it is missing, and without a pipeline.toml where it is there
    #[arg(value_name = "DIR", default_value = "etl-demo")]
    pub folder: PathBuf,
}

/// What `etl completions` takes.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CompletionsFlags {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// What `etl man` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ManFlags {
    /// The command, such as run [default: etl itself]
    // `command` is the name of a flag of `etl sql`.
    #[arg(id = "described", value_name = "COMMAND")]
    pub command: Option<String>,
}

/// The flags of `etl sql`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct SqlFlags {
    /// The query itself
    // A query may begin with a comment.
    #[arg(short, long, value_name = "SQL", conflicts_with = "file", allow_hyphen_values = true)]
    pub command: Option<String>,
    /// A file with the query, `-` for standard input
    #[arg(short, long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// How rows are written: table, csv, json, parquet or markdown [default: what the output file's ending says, else table]
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Where rows are written [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
}

/// The flags of `etl journal`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct JournalFlags {
    /// The month it is posted in, such as 2024-03
    #[arg(value_name = "MONTH")]
    pub month: String,
    /// Whose import file it is: plain, netsuite or quickbooks [default: the file's, else plain]
    #[arg(long, value_name = "FORMAT")]
    pub journal_format: Option<String>,
    /// Where it is written [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
}

/// The flags of `etl report`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ReportFlags {
    /// Open it in the browser of this desktop [default: off]
    #[arg(long)]
    pub open: bool,
    /// Where it is written [default: report.html]
    #[arg(short, long, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
}

/// What `etl explain` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ExplainFlags {
    /// The report, such as billings_by_plan
    // `report` is the name of a flag of every command, which is another thing.
    #[arg(id = "explained", value_name = "REPORT")]
    pub report: String,
    /// Which of its rows: COLUMN=VALUE, several joined by commas, values as in its CSV (in quotes with a comma in them)
    #[arg(value_name = "KEY")]
    pub key: String,
    /// Rows to show of each step [default: 20]
    #[arg(long, value_name = "ROWS")]
    pub limit: Option<String>,
}

/// What `etl forget` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ForgetFlags {
    /// The file, as etl.quarantine names it; rows of it must not be in the lake, nor the file in landing
    #[arg(id = "forgotten", value_name = "FILE")]
    pub file: String,
}

/// The flags of `etl rebuild`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct RebuildFlags {
    /// Put the new lake in its place also where reports differ [default: off]
    #[arg(long)]
    pub accept_differences: bool,
}

/// The flags of `etl verify`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct VerifyFlags {
    /// Also what earlier runs published and closes were made from [default: off]
    #[arg(long)]
    pub all: bool,
}

/// The flags of `etl compact`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct CompactFlags {
    /// Keep what was published in so many days, for `--known-at` and `etl diff` [default: 400]
    #[arg(long, value_name = "DAYS", visible_alias = "keep")]
    pub keep_days: Option<String>,
    /// Say what would be removed, and remove nothing [default: off]
    #[arg(long)]
    pub dry_run: bool,
}

/// The flags of every command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// The settings file [default: the nearest pipeline.toml, here or in a folder above, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The folder of delivered files, one folder a source in it [default: landing]
    #[arg(long, global = true, value_name = "DIR")]
    pub landing: Option<PathBuf>,
    /// The folder of the lake, or its URL at a store, such as s3://bucket/lake [default: lake]
    #[arg(long, global = true, value_name = "PLACE")]
    pub lake: Option<PathBuf>,
    /// The folder the CSVs are published to, or its URL at a store [default: artifacts]
    #[arg(long, global = true, value_name = "PLACE")]
    pub artifacts: Option<PathBuf>,
    /// The folder that the packs of closed months are written to, or its URL at a store [default: closes]
    #[arg(long, global = true, value_name = "PLACE")]
    pub closes: Option<PathBuf>,
    /// The sources to read, separated by commas: egress or api [default: egress]
    #[arg(long, global = true, value_name = "SOURCE")]
    pub source: Option<String>,
    /// Where the API is: a URL, or simulator for the sample account in this process [default: the file's]
    #[arg(long, global = true, value_name = "URL")]
    pub api_base_url: Option<String>,
    /// Only tables named like this, such as `invoice*,line_item` [default: every table]
    #[arg(long, global = true, value_name = "PATTERN")]
    pub table: Option<String>,
    /// Only reports named like this [default: every report]
    #[arg(long, global = true, value_name = "PATTERN")]
    pub report: Option<String>,
    /// A parameter of the reports; may be repeated, the variable takes one a line [default: the file's]
    #[arg(long, global = true, value_name = "NAME=VALUE", action = ArgAction::Append)]
    pub param: Vec<String>,
    /// The day a run is for, UTC, such as 2024-04-05: parameters such as `latest` count from it [default: today]
    #[arg(long, global = true, value_name = "DATE")]
    pub date: Option<String>,
    /// The Metronome environment to report on, such as PRODUCTION [default: auto, from the data]
    #[arg(long, global = true, value_name = "NAME")]
    pub environment: Option<String>,
    /// How long to wait for another run that writes to the lake, such as 10m [default: not at all]
    #[arg(long, global = true, value_name = "TIME")]
    pub wait_lock: Option<String>,
    /// How log lines are written to standard error: text or json [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<String>,
    /// How results are written to standard output: text or json [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub output: Option<String>,
    /// Log more; twice for everything [default: 0]
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Log errors only [default: off]
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

impl Cli {
    /// The flags about what is read, of a command that reads.
    pub fn reads(&self) -> Option<&ReadFlags> {
        match &self.command {
            Some(Command::Run(flags)) => Some(&flags.read),
            Some(Command::Plan(flags)) => Some(flags),
            Some(
                Command::Close(_)
                | Command::Reopen(_)
                | Command::Diff(_)
                | Command::Sql(_)
                | Command::Explain(_)
                | Command::Journal(_)
                | Command::Report(_)
                | Command::Forget(_)
                | Command::Compact(_)
                | Command::Verify(_)
                | Command::Rebuild(_)
                | Command::Status(_)
                | Command::Check
                | Command::Init(_)
                | Command::Demo(_)
                | Command::Completions(_)
                | Command::Man(_),
            )
            | None => None,
        }
    }
}

/// The variable of a flag: `ETL_FULL_REFRESH` for `full-refresh`.
pub fn variable_of(flag: &str) -> String {
    format!("ETL_{}", flag.replace('-', "_").to_uppercase())
}

/// The parser, its help naming each flag's variable and ending with the exit codes.
pub fn command() -> clap::Command {
    document(Cli::command().subcommand_required(true).arg_required_else_help(true))
}

/// The variable of every flag, in the order of the help.
pub fn variables() -> Vec<String> {
    let command = command();
    let commands = std::iter::once(&command).chain(command.get_subcommands());
    commands.flat_map(clap::Command::get_arguments).filter_map(clap::Arg::get_long).map(variable_of).collect()
}

/// What is said of a command that is none; clap's own suggestions pass over letters that changed places.
pub fn unknown_command(answer: &clap::Error) -> Option<Error> {
    let ContextValue::String(typed) = answer.get(ContextKind::InvalidSubcommand)? else { return None };
    let command = command();
    let names = || command.get_subcommands().map(clap::Command::get_name);
    let error = Error::usage(format!("there is no command `{typed}`"));
    Some(error.hint(match nearest(typed, names()) {
        Some(meant) => format!("did you mean `etl {meant}`?"),
        None => format!("the commands are {}; `etl --help` says what they do", names().collect::<Vec<_>>().join(", ")),
    }))
}

fn document(command: clap::Command) -> clap::Command {
    command.mut_args(name_variable).mut_subcommands(document).after_help(exit_code_help())
}

fn name_variable(flag: clap::Arg) -> clap::Arg {
    let Some(long) = flag.get_long() else { return flag };
    let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
    let help = format!("{help} [env: {}]", variable_of(long));
    flag.help(help)
}

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn parse(words: &[&str]) -> Result<Cli, clap::Error> {
        let matches = command().try_get_matches_from(std::iter::once(&"etl").chain(words))?;
        Cli::from_arg_matches(&matches)
    }

    #[test]
    fn the_parser_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_flag_has_its_variable_and_says_so_with_its_default() {
        let mut flags = 0;
        let command = command();
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            for flag in command.get_arguments().filter(|argument| !argument.is_positional()) {
                let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
                let long = flag.get_long().expect("every flag has a long name");
                let variable = format!("ETL_{}", long.replace('-', "_").to_uppercase());
                assert!(help.ends_with(&format!("[env: {variable}]")), "{long}: {help}");
                let is_query = ["command", "file"].contains(&long); // one of the two must be given
                assert!(is_query || help.contains("[default: "), "{long}: {help}");
                flags += 1;
            }
        }
        assert_eq!(flags, 47);
        assert_eq!(variables().len(), flags);
    }

    #[test]
    fn every_help_ends_with_the_exit_codes() {
        for words in [&["--help"][..], &["-h"], &["run", "--help"], &["plan", "--help"], &["init", "-h"]] {
            let help = parse(words).expect_err("help is not a command line").to_string();
            assert!(help.trim_end().ends_with("143  terminated (SIGTERM)"), "{help}");
        }
    }

    #[test]
    fn common_flags_may_stand_on_either_side_of_the_command() {
        let before = parse(&["--lake", "x", "-q", "run"]).expect("parses");
        let after = parse(&["run", "--lake", "x", "-q"]).expect("parses");
        assert_eq!(before, after);
        assert_eq!(after.common.lake, Some(PathBuf::from("x")));
        assert!(after.common.quiet);
    }

    #[test]
    fn the_report_to_explain_is_not_the_pattern_of_reports() {
        let cli = parse(&["explain", "billings_by_plan", "plan_id=p"]).expect("parses");
        assert_eq!(cli.common.report, None);
        let Some(Command::Explain(flags)) = cli.command else { panic!("no explain") };
        assert_eq!((flags.report.as_str(), flags.key.as_str()), ("billings_by_plan", "plan_id=p"));
    }

    #[test]
    fn a_token_is_no_flag_and_is_not_said_again() {
        for words in
            [["run", "--token", "s3cret"], ["run", "--token=s3cret", "-q"], ["check", "--bearer-token", "s3cret"]]
        {
            let error = parse(&words).expect_err("refused");
            assert_eq!(error.exit_code(), 2);
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn wrong_command_lines_exit_2_and_questions_exit_0() {
        for words in [
            &["nope"][..],
            &[],
            &["run", "-q", "-v"],
            &["sql", "-c", "select 1", "-f", "x"],
            &["run", "--stage"],
            &["plan", "--stage", "load"],
            &["check", "--from", "2024-03-01"],
            &["init"],
            &["init", "a", "b"],
            &["explain", "billings_by_plan"],
            &["explain", "billings_by_plan", "plan_id=p", "--format", "csv"],
        ] {
            assert_eq!(parse(words).expect_err("refused").exit_code(), 2, "{words:?}");
        }
        for words in [&["--help"][..], &["--version"], &["run", "--help"]] {
            assert_eq!(parse(words).expect_err("answered").exit_code(), 0, "{words:?}");
        }
    }
}
