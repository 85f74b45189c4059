//! The command line of the simulator.

use clap::{Parser, Subcommand};
use simulator::account::{Account, FEWEST_CUSTOMERS};
use simulator::api::field::moment;
use simulator::calendar::Millis;
use simulator::sample::LATE;
use simulator::serve::Scenario;
use simulator::serve::faults::Script;
use simulator::{Options, answers, cloudnet, export, histories, serve};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// A stand-in for one Metronome account.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer the account's API on 127.0.0.1; the first line on standard output is the base URL.
    ///
    /// Besides the API there are GET /_simulator/counts, GET and POST /_simulator/clock, POST /_simulator/faults.
    Serve {
        /// The port; 0 for any free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Serve an account of so many customers (ten at least) in place of the small sample.
        #[arg(long, value_parser = customers)]
        customers: Option<usize>,
        /// How many whole months the account has been billed for before the open one.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(2..=36))]
        months: u8,
        /// Where all chance comes from: the same seed gives the same answers.
        #[arg(long, default_value_t = 5)]
        seed: u64,
        /// The bearer token that may read everything.
        #[arg(long, default_value = "test")]
        token: String,
        /// A token that may read only paths with these beginnings: TOKEN=/v1/customers,/v1/plans. May be given again.
        #[arg(long, value_parser = limited)]
        limited_token: Vec<(String, Vec<String>)>,
        /// Answer 429 above so many requests a second.
        #[arg(long)]
        rate: Option<u32>,
        /// Wait so long before every answer.
        #[arg(long, default_value_t = 0)]
        latency_ms: u64,
        /// A JSON file that says which requests go wrong and how.
        #[arg(long, value_name = "FILE")]
        faults: Option<PathBuf>,
        /// How far the account of so many customers goes when its clock is moved: usage goes on, drafts are finalized and
        /// months open until this date (2024-08-01). Without it no month opens after the one the clock starts in.
        #[arg(long, value_name = "DATE", value_parser = day, requires = "customers")]
        until: Option<Millis>,
        /// Answer for the small sample as of its late delivery (see export --late).
        #[arg(long, conflicts_with = "customers")]
        late: bool,
        /// plain, unpaged-contracts or moving-drafts.
        #[arg(long, default_value = "plain", value_parser = scenario)]
        scenario: Scenario,
    },
    /// Write the account of four stories into DIR: as_published/egress, as_meant/egress, and what must come out, monthly.
    Cloudnet {
        /// The folder to write below; files of the same name are replaced.
        dir: PathBuf,
    },
    /// Write random histories of commits and credits into DIR/egress and what they come to into DIR/expected.
    ///
    /// In several deliveries they are in DIR/1/egress, DIR/2/egress and so on, each what was known a month after the one before:
    /// invoices, what was withdrawn, lower bills and corrections come late.
    Histories {
        /// The folder to write below; files of the same name are replaced.
        dir: PathBuf,
        /// How many contracts.
        #[arg(long, default_value_t = 100)]
        contracts: u64,
        /// Where all chance comes from: the same seed gives the same bytes.
        #[arg(long, default_value_t = 5)]
        seed: u64,
        /// In how many deliveries.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=12))]
        deliveries: u32,
    },
    /// Write the account's data-export files into DIR/egress.
    Export {
        /// The landing folder to write below; files of the same name are replaced.
        dir: PathBuf,
        /// Where all chance comes from: the same seed gives the same bytes.
        #[arg(long, default_value_t = 5)]
        seed: u64,
        /// Make an account of so many customers (ten at least) in place of the small sample: the one that `serve` shows for
        /// the same number, unless --events asks for a closed one of a given size.
        #[arg(long, value_parser = customers)]
        customers: Option<usize>,
        /// How many whole months the account has been billed for before the open one.
        #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(2..=36))]
        months: u8,
        /// Tell of the account of so many customers as of this date (2024-08-01), sooner or later than it ends by itself:
        /// two exports are then two looks at one account.
        #[arg(long, value_name = "DATE", value_parser = day, requires = "customers", conflicts_with = "events")]
        until: Option<Millis>,
        /// Make a closed account with so many different events over three months, in place of the small sample.
        #[arg(long)]
        events: Option<u64>,
        /// Write only what came to the small sample two days later, beside its files: an invoice of February that was forgotten,
        /// and a void and what takes its place. Closing 2024-02 before makes restatements of it.
        #[arg(long, conflicts_with_all = ["customers", "events", "until", "answers"])]
        late: bool,
        /// Also write the known answers of the reports into this folder.
        #[arg(long, value_name = "DIR")]
        answers: Option<PathBuf>,
    },
}

fn customers(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if count >= FEWEST_CUSTOMERS => Ok(count),
        Ok(_) => Err(format!("an account has at least {FEWEST_CUSTOMERS} customers")),
        Err(error) => Err(error.to_string()),
    }
}

fn day(text: &str) -> Result<Millis, String> {
    moment(&format!("{text}T00:00:00Z")).ok_or_else(|| "must be a date such as 2024-08-01".into())
}

fn limited(text: &str) -> Result<(String, Vec<String>), String> {
    let (token, paths) = text.split_once('=').ok_or("must be TOKEN=PATH,PATH")?;
    Ok((token.into(), paths.split(',').map(str::to_owned).collect()))
}

fn scenario(text: &str) -> Result<Scenario, String> {
    let found = Scenario::NAMES.into_iter().find(|(name, _)| *name == text);
    found.map(|(_, scenario)| scenario).ok_or_else(|| format!("no scenario is named {text}"))
}

fn account(seed: u64, customers: Option<usize>, months: u8) -> Account {
    match customers {
        None => Account::sample(seed),
        Some(customers) => Account::live(seed, customers, usize::from(months)),
    }
}

fn run(command: Command) -> io::Result<()> {
    match command {
        Command::Cloudnet { dir } => cloudnet::write(&dir),
        Command::Histories { dir, contracts, seed, deliveries: 1 } => histories::write(&dir, contracts, seed),
        Command::Histories { dir, contracts, seed, deliveries } => {
            histories::write_deliveries(&dir, contracts, seed, deliveries)
        }
        Command::Export { dir, seed, late: true, .. } => export::export_late(seed, &dir),
        Command::Export { dir, seed, customers, months, until, events, answers, late: false } => {
            let account = match (events, until) {
                (None, None) => account(seed, customers, months),
                (None, Some(until)) => account(seed, customers, months).until(until),
                (Some(events), _) => Account::sized(seed, events, customers.unwrap_or(100)),
            };
            export::export(&account, &dir)?;
            answers.as_deref().map_or(Ok(()), |folder| answers::write(&account, folder))
        }
        Command::Serve {
            port,
            customers,
            months,
            seed,
            token,
            limited_token,
            rate,
            latency_ms,
            faults,
            until,
            late,
            scenario,
        } => {
            let faults = match faults {
                None => Vec::new(),
                Some(file) => Script::parse(&fs::read(&file)?).map_err(io::Error::other)?,
            };
            let account = account(seed, customers, months);
            let clock = if late { LATE } else { account.window.end };
            let options = Options {
                port,
                clock: Some(clock),
                limited: limited_token,
                rate,
                latency: Duration::from_millis(latency_ms),
                faults,
                scenario,
                ..Options::new(until.map_or(account.clone(), |until| account.until(until.max(clock))), &token)
            };
            let server = serve(options)?;
            let mut out = io::stdout();
            writeln!(out, "{}", server.base_url())?;
            out.flush()?;
            server.wait();
            Ok(())
        }
    }
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
