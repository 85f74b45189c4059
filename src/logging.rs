//! Log lines: to standard error and nowhere else, since standard output is what somebody may pipe.
//!
//! A line of ours reads alone: its fields repeat what it says, for programs. So JSON has message and fields, and text the
//! message; of the libraries, whose messages need their fields, text has both.

use std::io::{self, IsTerminal};
use std::path::Path;

use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry};

use crate::error::{Error, Result};
use crate::printer::progress::{self, LogLines};
use crate::settings::{LogFormat, Settings, filter_of_terminal};

/// Starts logging for the rest of the process, and logs what was odd about the settings.
///
/// # Errors
/// Usage, when the filter of `ETL_LOG` or `RUST_LOG` cannot be read. Failed, when logging was started before.
pub fn start(settings: &Settings) -> Result<()> {
    let colors = settings.colors && io::stderr().is_terminal();
    // A person sees the live line and, in the end, what it came to.
    let mut seen = settings.clone();
    if settings.log_format == LogFormat::Text && settings.log_filter.1.is_none() && io::stderr().is_terminal() {
        filter_of_terminal(settings.verbosity).clone_into(&mut seen.log_filter.0);
    }
    subscriber(&seen, colors, || LogLines)?
        .try_init()
        .map_err(|error| Error::failed(format!("cannot start logging: {error}")))?;
    progress::show(settings);
    if let Some(file) = settings.config_file.as_deref().filter(|file| is_elsewhere(file)) {
        tracing::info!("settings of {}", file.display());
    }
    for warning in &settings.warnings {
        tracing::warn!("{warning}");
    }
    Ok(())
}

/// Whether a file is in another folder than the working one, so that nobody sees it there.
fn is_elsewhere(file: &Path) -> bool {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.canonicalize().ok() != std::env::current_dir().ok()
}

fn subscriber<W>(settings: &Settings, colors: bool, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>>
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    let (filter, by) = &settings.log_filter;
    let filter = EnvFilter::try_new(filter).map_err(|error| match by {
        Some(by) => by.refuse(filter, &format!("a filter such as `etl=debug` ({error})")),
        None => Error::failed(format!("log filter `{filter}`: {error}")),
    })?;
    // A log that cannot be written must not end the run: by default a layer reports it by a print that panics.
    let layer = || fmt::layer().with_writer(writer.clone()).log_internal_errors(false);
    Ok(match settings.log_format {
        LogFormat::Text => {
            let text = || layer().with_ansi(colors).with_target(false);
            let message = debug_fn(|line, field, value| match field.name() {
                // What comes from data must neither colour a terminal nor begin a line.
                "message" => format!("{value:?}").chars().try_for_each(|letter| match letter.is_control() {
                    true => write!(line, "{}", letter.escape_default()),
                    false => line.write_char(letter),
                }),
                _ => Ok(()),
            });
            let ours = text().fmt_fields(message).with_filter(filter_fn(is_ours));
            let others = text().with_filter(filter_fn(|line| !is_ours(line)));
            Box::new(Registry::default().with(filter).with(ours.and_then(others)))
        }
        LogFormat::Json => {
            Box::new(Registry::default().with(filter).with(layer().json().flatten_event(true).with_ansi(false)))
        }
    })
}

fn is_ours(line: &Metadata<'_>) -> bool {
    line.target().split("::").next() == Some(env!("CARGO_CRATE_NAME"))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use clap::FromArgMatches;

    use super::*;
    use crate::cli::{Cli, command};
    use crate::settings::Variables;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn settings(words: &[&str], log: &str) -> Settings {
        let matches = command().try_get_matches_from([&["etl", "check"], words].concat()).expect("flags");
        let cli = Cli::from_arg_matches(&matches).expect("a command line");
        Settings::resolve(&cli, &Variables::new([("ETL_LOG", log)]), Path::new("")).expect("resolves")
    }

    fn logged(words: &[&str], log: &str, lines: impl FnOnce()) -> String {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = subscriber(&settings(words, log), false, move || writer.clone()).expect("a subscriber");
        tracing::subscriber::with_default(subscriber, lines);
        String::from_utf8(page.0.lock().expect("not poisoned").clone()).expect("text")
    }

    #[test]
    fn quiet_lets_errors_through_and_nothing_else() {
        let text = logged(&["-q"], "", || {
            tracing::warn!("careful");
            tracing::error!("broken");
        });
        assert!(text.contains("broken") && !text.contains("careful"), "{text}");
    }

    #[test]
    fn text_without_a_terminal_has_no_colours() {
        let text = logged(&[], "info", || tracing::info!("normalized"));
        assert!(text.ends_with(" INFO normalized\n") && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn text_has_our_messages_alone_and_of_libraries_their_fields_too() {
        let text = logged(&[], "info", || {
            tracing::info!(rows = 3, "read 3 rows");
            tracing::warn!(target: "hyper::client", rows = 3, "slow");
        });
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].ends_with(" INFO read 3 rows") && lines[1].ends_with(" WARN slow rows=3"), "{text}");
    }

    #[test]
    fn text_from_data_stays_in_its_line_and_without_colours() {
        let text = logged(&[], "info", || tracing::info!("read a\u{1b}[31m\nERROR of\u{9b}b"));
        assert_eq!((text.lines().count(), text.contains(['\u{1b}', '\u{9b}'])), (1, false), "{text:?}");
    }

    #[test]
    fn json_is_one_object_a_line_with_the_fields_beside_the_message() {
        let text = logged(&["--log-format", "json"], "", || {
            tracing::error!(rows = 3, "broken");
            tracing::error!("again");
        });
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{text}");
        assert!(text.contains("\"rows\":3") && text.contains("\"message\":\"broken\""), "{text}");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused_by_its_variable() {
        let error = subscriber(&settings(&[], "etl=loud"), false, io::sink).err().expect("refused");
        assert!(error.to_string().starts_with("`ETL_LOG` is `etl=loud`, expected a filter"), "{error}");
    }
}
