//! What went wrong, said so that the reader knows what to do next.
//!
//! The kind decides the exit code and nothing else does; [`EXIT_CODES`] is the one table of codes, shown by `--help` and
//! in the README. A message is lower case, without a full stop, and says what and where. This module prints nothing and
//! knows no other module.

use std::fmt;
use std::io;
use std::path::Path;

/// The result of anything that can fail here.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure: its kind, one sentence of what and where, and perhaps what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    contexts: Vec<String>,
    hint: Option<String>,
}

/// What a failure asks of the reader. The discriminant is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ErrorKind {
    /// None of the kinds below.
    Failed = 1,
    /// A flag, a variable, a setting, a query or a selection is wrong. Nothing was touched.
    Usage = 2,
    /// The data is not fit to report on. The last good artifacts stay.
    Data = 3,
    /// A source refused the credentials.
    Auth = 4,
    /// The lake is not as a run leaves it.
    Damaged = 5,
    /// Something outside was busy or away.
    Temporary = 75,
    /// SIGINT: 128 + 2, as a shell reports it.
    Interrupted = 130,
    /// SIGTERM: 128 + 15, as a shell reports it.
    Terminated = 143,
}

/// One line of the table of exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitCode {
    /// What the process returns.
    pub code: u8,
    /// One word for it, unique; what JSON output calls it.
    pub name: &'static str,
    /// What it tells the caller.
    pub meaning: &'static str,
}

/// Every code `etl` exits with, ascending. The first is success, each other one belongs to an [`ErrorKind`].
pub const EXIT_CODES: &[ExitCode] = &[
    ExitCode { code: 0, name: "done", meaning: "done, or nothing had changed" },
    ExitCode {
        code: ErrorKind::Failed as u8,
        name: "failed",
        meaning: "failed for a reason without a code of its own",
    },
    ExitCode {
        code: ErrorKind::Usage as u8,
        name: "usage",
        meaning: "wrong flag, setting, query or empty selection; nothing touched",
    },
    ExitCode {
        code: ErrorKind::Data as u8,
        name: "data",
        meaning: "blocked by data: quarantined rows or a failed check",
    },
    ExitCode { code: ErrorKind::Auth as u8, name: "auth", meaning: "a source refused the credentials" },
    ExitCode { code: ErrorKind::Damaged as u8, name: "damaged", meaning: "the lake is damaged" },
    ExitCode { code: ErrorKind::Temporary as u8, name: "temporary", meaning: "temporary failure, safe to run again" },
    ExitCode { code: ErrorKind::Interrupted as u8, name: "interrupted", meaning: "interrupted (SIGINT)" },
    ExitCode { code: ErrorKind::Terminated as u8, name: "terminated", meaning: "terminated (SIGTERM)" },
];

/// A signal that ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, ctrl-c.
    Interrupt,
    /// SIGTERM, what schedulers and service managers send.
    Terminate,
}

impl ErrorKind {
    /// The code the process exits with, one of [`EXIT_CODES`].
    pub const fn exit_code(self) -> u8 {
        self as u8
    }

    /// The word of [`EXIT_CODES`] for it.
    pub fn name(self) -> &'static str {
        EXIT_CODES.iter().find(|exit| exit.code == self.exit_code()).map_or("failed", |exit| exit.name)
    }
}

impl Error {
    /// A failure of this kind. Prefer the constructor named after the kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), contexts: Vec::new(), hint: None }
    }

    /// A failure without a kind of its own; exit 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// A wrong flag, variable, setting or selection; exit 2. Only before anything was touched.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Data that must not reach a report; exit 3.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// Credentials that were refused; exit 4. The message never holds them.
    pub fn auth(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Auth, message)
    }

    /// A lake that is not as a run leaves it; exit 5.
    pub fn damaged(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Damaged, message)
    }

    /// Something busy or away; exit 75. Only where running again is safe.
    pub fn temporary(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Temporary, message)
    }

    /// A run stopped by a signal; exit 130 or 143.
    pub fn interrupted(signal: Signal) -> Self {
        let error = match signal {
            Signal::Interrupt => Self::new(ErrorKind::Interrupted, "interrupted"),
            Signal::Terminate => Self::new(ErrorKind::Terminated, "terminated"),
        };
        error.hint("nothing half done is visible; run the same command again to continue")
    }

    /// An operating system's refusal: `cannot read landing/egress/a.csv: permission denied (os error 13)`.
    ///
    /// `verb` is what was tried, in the infinitive. The kind is [`ErrorKind::Failed`]; a caller that knows better says
    /// so with [`Error::kind_is`]. There is no `From<io::Error>`, so that no path is ever left out.
    pub fn io(verb: &str, path: &Path, source: io::Error) -> Self {
        let error = Self::failed(format!("cannot {verb} {}: {}", path.display(), lower_first(&source.to_string())));
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => error.hint("free some space and run again"),
            io::ErrorKind::PermissionDenied => error.hint("check the owner and the mode of the file and its folders"),
            _ => error,
        }
    }

    /// The same failure, of another kind.
    #[must_use]
    pub fn kind_is(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same failure, seen from further out: `context: message`.
    #[must_use]
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.contexts.push(context.into());
        self
    }

    /// The same failure with what the reader can do about it. The last hint given wins: it knows the most.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the failure asks of the reader.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What the reader can do about it.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The code the process exits with.
    pub const fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }

    /// What a terminal shows: `error: …`, and below it `hint: …` where there is one. No line end at the end.
    pub fn report(&self) -> String {
        match &self.hint {
            Some(hint) => format!("error: {self}\nhint: {hint}"),
            None => format!("error: {self}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for context in self.contexts.iter().rev() {
            write!(formatter, "{context}: ")?;
        }
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Adds context to the failure of a result, computed only when there is one.
pub trait Context<T> {
    /// `context: message` for the failure.
    ///
    /// # Errors
    /// The failure there was, with its context.
    fn context(self, context: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for Result<T> {
    fn context(self, context: impl FnOnce() -> String) -> Self {
        self.map_err(|error| error.context(context()))
    }
}

/// The table of exit codes as `--help` ends with it, two spaces in, a line each.
pub fn exit_code_help() -> String {
    let lines = EXIT_CODES.iter().map(|exit| format!("\n  {:>3}  {}", exit.code, exit.meaning));
    format!("Exit codes:{}", lines.collect::<String>())
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const KINDS: [ErrorKind; 8] = [
        ErrorKind::Failed,
        ErrorKind::Usage,
        ErrorKind::Data,
        ErrorKind::Auth,
        ErrorKind::Damaged,
        ErrorKind::Temporary,
        ErrorKind::Interrupted,
        ErrorKind::Terminated,
    ];

    #[test]
    fn exit_codes_and_their_names_are_distinct() {
        let codes: BTreeSet<u8> = EXIT_CODES.iter().map(|exit| exit.code).collect();
        let names: BTreeSet<&str> = EXIT_CODES.iter().map(|exit| exit.name).collect();
        assert_eq!((codes.len(), names.len()), (EXIT_CODES.len(), EXIT_CODES.len()));
    }

    #[test]
    fn every_kind_has_its_documented_code() {
        let documented: Vec<u8> = EXIT_CODES.iter().map(|exit| exit.code).collect();
        assert_eq!(documented, [0, 1, 2, 3, 4, 5, 75, 130, 143]);
        let kinds: Vec<u8> = KINDS.iter().map(|kind| kind.exit_code()).collect();
        assert_eq!(kinds, documented[1..], "each code but success belongs to one kind");
        let help = exit_code_help();
        for exit in EXIT_CODES {
            assert!(help.contains(&format!("{:>3}  {}", exit.code, exit.meaning)), "{help}");
        }
    }

    #[test]
    fn contexts_are_said_from_the_outermost_in() {
        let error = Error::data("`total` is n/a").context("line 7").context("invoice.csv");
        assert_eq!(error.to_string(), "invoice.csv: line 7: `total` is n/a");
        let result: Result<()> = Err(error);
        assert_eq!(
            result.context(|| "normalize".to_owned()).map_err(|error| error.to_string()),
            Err("normalize: invoice.csv: line 7: `total` is n/a".to_owned())
        );
    }

    #[test]
    fn a_hint_stands_on_its_own_line_and_only_when_there_is_one() {
        assert_eq!(Error::usage("no stage").report(), "error: no stage");
        assert_eq!(Error::usage("no stage").hint("name one").report(), "error: no stage\nhint: name one");
    }

    #[test]
    fn an_io_failure_names_what_was_tried_and_where() {
        let error = Error::io("read", Path::new("landing/a.csv"), io::Error::other("Broken disk"));
        assert_eq!(error.to_string(), "cannot read landing/a.csv: broken disk");
        assert_eq!(error.kind(), ErrorKind::Failed);
        let full = Error::io("write", Path::new("lake/a"), io::ErrorKind::StorageFull.into());
        assert!(full.hint_text().is_some_and(|hint| hint.contains("space")));
    }

    #[test]
    fn a_signal_exits_as_a_shell_would_report_it() {
        assert_eq!(Error::interrupted(Signal::Interrupt).exit_code(), 130);
        assert_eq!(Error::interrupted(Signal::Terminate).exit_code(), 143);
    }
}
