//! A folder for what a query is made of, removed with it.

use std::path::{Path, PathBuf};

/// The folder; made by whoever writes the first file.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// Named, in the system's folder for such things.
    #[expect(clippy::new_without_default, reason = "each is another folder")]
    pub fn new() -> Self {
        Self(std::env::temp_dir().join(format!("etl-{}", uuid::Uuid::now_v7())))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Where no file was made there is no folder; what cannot be removed is the system's to clear.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
