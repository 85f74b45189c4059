//! The commands of the command line, each from resolved settings to standard output.

mod check;
mod compact;
mod completions;
mod demo;
mod diff;
mod explain;
mod forget;
pub(crate) mod init;
mod journal;
mod man;
mod plan;
mod rebuild;
mod reopen;
mod report;
mod sql;
mod status;
mod verify;

use std::io::{self, IsTerminal, Write};

use crate::error::{Error, Result};
use crate::pipeline;
use crate::place::lake::give_all_back;
use crate::printer::summary::Summary;
use crate::settings::{OutputFormat, Request, Settings};

/// Gives back what others wait for, when this process is told to end.
pub async fn let_go() {
    give_all_back().await;
}

/// Does what was asked.
///
/// # Errors
/// Whatever ends it; its kind is the exit code.
pub async fn dispatch(settings: &Settings, request: &Request) -> Result<()> {
    // Sources that are to be asked need their credentials before anything is touched.
    if request.asks_sources()
        && let Some(api) = &settings.api
    {
        api.required_token()?;
    }
    match request {
        Request::Run { stage, full_refresh } => sum_up(settings, pipeline::run(settings, *stage, *full_refresh).await),
        Request::LookBack(past) => sum_up(settings, pipeline::past::look_back(settings, *past).await),
        Request::Close(order) => sum_up(settings, pipeline::close::close(settings, order).await),
        Request::Sql { query, format, output_file } => sql::run(settings, query, *format, output_file.as_deref()).await,
        Request::Journal(order) => journal::run(settings, order).await,
        Request::Report(order) => report::run(settings, order).await,
        Request::Diff { old, new } => diff::run(settings, old, new).await,
        Request::Explain { report, key, limit } => explain::run(settings, report, key, *limit).await,
        Request::Reopen(order) => reopen::run(settings, order).await,
        Request::Forget { file } => forget::run(settings, file).await,
        Request::Compact(order) => compact::run(settings, order).await,
        Request::Rebuild(order) => rebuild::run(settings, order).await,
        Request::Verify(order) => verify::run(settings, order).await,
        Request::Status { most } => status::run(settings, *most).await,
        Request::Check => check::run(settings).await,
        Request::Plan { full_refresh } => plan::run(settings, *full_refresh).await,
        Request::Init { folder } => init::run(settings, folder),
        Request::Demo { folder } => demo::run(settings, folder).await,
        Request::Completions { shell } => completions::run(*shell),
        Request::Man { command } => man::run(command.as_deref()),
    }
}

/// Prints what a run came to.
fn sum_up(settings: &Settings, (summary, result): (Summary, Result<()>)) -> Result<()> {
    let mut out = Vec::new();
    let written = match settings.output {
        OutputFormat::Json => summary.write_json(&mut out),
        // A run that never began has nothing to sum up.
        OutputFormat::Text if result.is_err() && summary.receipts.is_empty() => Ok(()),
        OutputFormat::Text if settings.verbosity < 0 && result.is_ok() => Ok(()),
        // On a terminal a line for each stage is enough; a file keeps all of it.
        OutputFormat::Text => summary.write_text(&mut out, settings.verbosity > 0 || !io::stdout().is_terminal()),
    };
    written.map_err(|error| Error::failed(format!("the summary cannot be written: {error}")))?;
    print(&out)?;
    result
}

/// The last line of a run that a signal ended, for a program that reads it.
///
/// # Errors
/// Failed when standard output cannot be written.
pub fn report_interruption(settings: &Settings, request: &Request, error: &Error) -> Result<()> {
    let is_run = matches!(request, Request::Run { .. } | Request::LookBack(_) | Request::Close(_));
    if !is_run || settings.output != OutputFormat::Json {
        return Ok(());
    }
    let summary = Summary {
        status: error.kind().name().to_owned(),
        exit_code: error.exit_code(),
        error: Some(error.to_string()),
        ..Summary::default()
    };
    let mut out = Vec::new();
    summary.write_json(&mut out).map_err(|error| Error::failed(format!("the summary cannot be written: {error}")))?;
    print(&out)
}

/// Writes results to standard output. A reader that has gone away is no failure.
fn print(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    ignore_closed_pipe(out.write_all(bytes).and_then(|()| out.flush()))
}

fn ignore_closed_pipe(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::failed(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
