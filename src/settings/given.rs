//! Values together with who gave them, so that a refusal can point at the flag, the variable or the line.

use std::fmt;
use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::settings::choice::Choice;
use crate::suggest::{nearest, one_of};

/// Who gave a value. Shown as a message's subject: `` `--stage` ``, `` `ETL_STAGE` `` or
/// `` pipeline.toml:4: `log.format` ``.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenBy {
    /// Nobody: the default.
    Default,
    /// A record of an earlier run, by its name.
    Record(String),
    /// A flag, by its long name with the dashes.
    Flag(String),
    /// An environment variable, by its name.
    Variable(String),
    /// The settings file.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// The line the value starts on, from 1.
        line: usize,
        /// The key, with its table: `log.format`.
        key: String,
    },
}

/// A value and who gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given<T> {
    pub(crate) value: T,
    pub(crate) by: GivenBy,
}

impl fmt::Display for GivenBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(formatter, "the default"),
            Self::Record(name) | Self::Flag(name) | Self::Variable(name) => write!(formatter, "`{name}`"),
            Self::File { path, line, key } => write!(formatter, "{}:{line}: `{key}`", path.display()),
        }
    }
}

impl GivenBy {
    /// A usage error about the value this gave: `` `--stage` is `lod`, expected … ``.
    pub fn refuse(&self, value: &str, expected: &str) -> Error {
        Error::usage(format!("{self} is `{value}`, expected {expected}"))
    }
}

impl<T> Given<T> {
    pub(crate) fn new(value: T, by: GivenBy) -> Self {
        Self { value, by }
    }
}

impl Given<String> {
    /// The choice of this name.
    pub(crate) fn choose<C: Choice>(&self) -> Result<C> {
        let value = self.value.trim();
        C::CHOICES.iter().find(|(name, _)| *name == value).map(|(_, choice)| *choice).ok_or_else(|| {
            let names = C::CHOICES.iter().map(|(name, _)| *name);
            let refusal = self.by.refuse(value, &one_of(names.clone()));
            match nearest(value, names) {
                Some(name) => refusal.hint(format!("did you mean `{name}`?")),
                None => refusal,
            }
        })
    }
}

/// The choice given, or the default where none is.
pub(crate) fn choose_or<C: Choice>(given: Option<&Given<String>>, default: C) -> Result<C> {
    given.map_or(Ok(default), Given::choose)
}
