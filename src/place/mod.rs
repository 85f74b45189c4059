//! The places that data rests in: the only code that builds paths inside them and writes files.

pub mod artifacts;
pub mod journal;
pub mod lake;
pub mod landing;
pub mod parquet;
pub mod records;
pub mod scratch;

use std::fs::File;
use std::path::Path;

use crate::error::{Error, Result};

/// Makes a file, or the names in a folder, survive a power cut.
///
/// # Errors
/// Failed when the disk refuses.
pub fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|source| Error::io("make durable", path, source))
}
