//! One live line on a terminal while files are read; nothing in a pipe.

use std::io::{self, IsTerminal, Write};
use std::sync::LazyLock;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::settings::{LogFormat, Settings};

/// The line, hidden until [`show`] is called. There is one terminal, so there is one line.
static LINE: LazyLock<ProgressBar> = LazyLock::new(ProgressBar::hidden);

/// Lets the line be drawn, where a person is looking.
pub fn show(settings: &Settings) {
    if settings.verbosity >= 0 && settings.log_format == LogFormat::Text && io::stderr().is_terminal() {
        LINE.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
    }
}

/// What an item is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Bytes of files.
    Bytes,
    /// Series of requests.
    Series,
    /// Queries, each told by its name.
    Queries,
}

/// Begins with an item of so many of these.
pub fn begin(item: &str, count: u64, counted: Counted) {
    let template = match counted {
        Counted::Bytes => "{msg} {bar:24} {percent:>3}% {binary_bytes_per_sec} {eta}",
        Counted::Queries => "{prefix} {bar:24} {pos} of {len}, {elapsed}: {msg}",
        Counted::Series => "{msg} {bar:24} {percent:>3}% {pos} of {len} {per_sec} {eta}",
    };
    // The templates are constants; were one wrong, the plain style would stay.
    if let Ok(style) = ProgressStyle::with_template(template) {
        LINE.set_style(style);
    }
    LINE.set_prefix(item.to_owned());
    LINE.set_message(item.to_owned());
    LINE.set_length(count);
    LINE.reset();
}

/// So many more are done.
pub fn advance(count: u64) {
    LINE.inc(count);
}

/// One more of this name is done.
pub fn done(name: &str) {
    LINE.set_message(name.to_owned());
    LINE.inc(1);
}

/// Takes the line away.
pub fn end() {
    LINE.finish_and_clear();
}

/// Standard error for whole log lines, with the live line out of their way.
#[derive(Debug, Default)]
pub struct LogLines;

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINE.suspend(|| io::stderr().write_all(bytes)).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}
