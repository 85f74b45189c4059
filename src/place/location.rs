//! Where a delivered file is: on this machine, or at an object store.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::store::Object;
use crate::error::{Error, Result};
use crate::fingerprint;

/// Where a delivered file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file of this machine.
    File(PathBuf),
    /// An object of a store.
    Object(Object),
}

impl Location {
    /// The path, where it is a file of this machine.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Object(_) => None,
        }
    }

    /// Its bytes from the first on.
    ///
    /// # Errors
    /// Failed when it cannot be opened; of an object, reading fails.
    pub fn open(&self) -> Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path).map_err(|source| Error::io("open", path, source))?),
            Self::Object(object) => Box::new(object.stream()),
        })
    }

    /// Its first bytes, so many or all.
    ///
    /// # Errors
    /// Failed when it cannot be read; of an object, as [`Object::bytes`].
    pub fn first_bytes(&self, count: u64) -> Result<Vec<u8>> {
        match self {
            Self::File(path) => {
                let mut bytes = Vec::new();
                let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
                file.take(count).read_to_end(&mut bytes).map_err(|source| Error::io("read", path, source))?;
                Ok(bytes)
            }
            Self::Object(object) => Ok(object.bytes(0..count)?.to_vec()),
        }
    }

    /// What tells its content from another: XXH3-128 of a file's bytes in hexadecimal, of an object what its store says.
    ///
    /// # Errors
    /// Failed when the file cannot be read.
    pub fn fingerprint(&self) -> Result<String> {
        match self {
            Self::File(path) => {
                let read = File::open(path).and_then(fingerprint::of_reader);
                read.map_err(|source| Error::io("read", path, source))
            }
            Self::Object(object) => Ok(object.fingerprint()),
        }
    }

    /// What a reader of it failed with.
    pub fn unread(&self, source: &std::io::Error) -> Error {
        self.failure().unwrap_or_else(|| Error::failed(format!("cannot read {self}: {source}")))
    }

    /// Why it could not be read, where its store was the reason.
    pub fn failure(&self) -> Option<Error> {
        match self {
            Self::File(_) => None,
            Self::Object(object) => object.failure(),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Object(object) => write!(formatter, "{object}"),
        }
    }
}
