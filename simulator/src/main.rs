//! The command line of the simulator.

use clap::{Parser, Subcommand};
use simulator::account::{Account, FEWEST_CUSTOMERS};
use simulator::{answers, export};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// A stand-in for one Metronome account.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the account's data-export files into DIR/egress.
    Export {
        /// The landing folder to write below; files of the same name are replaced.
        dir: PathBuf,
        /// Where all chance comes from: the same seed gives the same bytes.
        #[arg(long, default_value_t = 5)]
        seed: u64,
        /// How many customers a sized account has; ten at least.
        #[arg(long, default_value_t = 100, requires = "events", value_parser = customers)]
        customers: usize,
        /// Make a sized account with so many different events over three months, in place of the small sample.
        #[arg(long)]
        events: Option<u64>,
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

fn main() -> ExitCode {
    let Command::Export { dir, seed, customers, events, answers } = Cli::parse().command;
    let account = match events {
        None => Account::sample(seed),
        Some(events) => Account::sized(seed, events, customers),
    };
    let done = export::export(&account, &dir)
        .and_then(|()| answers.as_deref().map_or(Ok(()), |folder| answers::write(&account, folder)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
