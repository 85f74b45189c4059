//! Parse, resolve settings, run, exit code; nothing else.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::FromArgMatches;
use etl::cli::{self, Cli};
use etl::command;
use etl::error::{Error, Result, Signal};
use etl::logging;
use etl::settings::{LogFormat, Request, Settings, Variables};
use tokio::signal::unix::{SignalKind, signal};

/// Gives back what the system's allocator keeps in pieces for each thread, and is quicker at the many small pieces that planning takes.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = match cli::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(answer) => {
            if let Some(error) = cli::unknown_command(&answer) {
                return fail(&error, LogFormat::Text);
            }
            // Help and version are answers too. A closed pipe is no reason to panic.
            let _ = answer.print();
            return ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(1));
        }
    };
    match prepare(&cli) {
        Ok((settings, request)) => {
            let format = settings.log_format;
            run(settings, request).map_or_else(|error| fail(&error, format), |()| ExitCode::SUCCESS)
        }
        Err(error) => fail(&error, LogFormat::Text),
    }
}

/// Everything that can be wrong before anything is touched.
fn prepare(cli: &Cli) -> Result<(Settings, Request)> {
    let variables = Variables::of_process()?;
    let settings = Settings::resolve(cli, &variables, Path::new(""))?;
    let request = Request::resolve(cli, &variables)?;
    logging::start(&settings)?;
    Ok((settings, request))
}

fn run(settings: Settings, request: Request) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.threads)
        .enable_all()
        .build()
        .map_err(|error| Error::failed(format!("cannot start threads: {error}")))?;
    let result = runtime.block_on(async {
        // On a worker thread, so that a step that computes for long cannot keep a signal from being heard.
        let (own_settings, own_request) = (settings.clone(), request.clone());
        let work = tokio::spawn(async move { command::dispatch(&own_settings, &own_request).await });
        tokio::select! {
            result = work => result.unwrap_or_else(|error| Err(Error::failed(format!("the run broke off: {error}")))),
            signal = stopped() => {
                let error = signal.map_or_else(|error| error, Error::interrupted);
                // A store that does not answer is no reason to stay.
                let _ = tokio::time::timeout(GIVE_BACK, command::let_go()).await;
                command::report_interruption(&settings, &request, &error)?;
                Err(error)
            }
        }
    });
    // Files being written are abandoned, not waited for: what is not committed is not visible.
    runtime.shutdown_background();
    result
}

/// How long to try to give back the right to write to a lake at a store.
const GIVE_BACK: Duration = Duration::from_secs(3);

/// Waits for SIGINT or SIGTERM.
async fn stopped() -> Result<Signal> {
    let listen = |kind| signal(kind).map_err(|error| Error::failed(format!("cannot listen for signals: {error}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => Ok(Signal::Interrupt),
        _ = terminate.recv() => Ok(Signal::Terminate),
    }
}

/// Says what failed, once, and with which code the process ends. A closed standard error changes neither.
fn fail(error: &Error, format: LogFormat) -> ExitCode {
    if format == LogFormat::Json && tracing::enabled!(tracing::Level::ERROR) {
        tracing::error!(kind = error.kind().name(), exit_code = error.exit_code(), hint = error.hint_text(), "{error}");
    } else {
        let _ = writeln!(io::stderr(), "{}", error.report());
    }
    ExitCode::from(error.exit_code())
}
