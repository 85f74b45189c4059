//! The artifacts folder: the CSVs finance takes, replaced as a set.
//!
//! A new set is written into a folder beside it, made durable, and exchanged with the old one in a single step, so that
//! nobody ever sees half of it. Files that are none of ours stay where they are. At an object store it is published from here
//! (`at_store`).

mod at_store;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

pub use self::at_store::{bring, names, outdated, rename};
use super::{above, leftovers, sync};
use crate::error::{Error, Result};
use crate::settings::Place;

/// The name of the file that describes the set.
pub const MANIFEST: &str = "manifest.json";

/// A set of artifacts under construction.
#[derive(Debug)]
pub struct NextArtifacts {
    place: Place,
    run_id: String,
    target: PathBuf,
    folder: PathBuf,
}

impl NextArtifacts {
    /// An empty folder beside the place's, in which its files not named in `replaced` stand already.
    ///
    /// # Errors
    /// Failed when it cannot be made; at a store as [`bring`].
    pub fn begin(place: &Place, run_id: &str, replaced: &[String]) -> Result<Self> {
        bring(place)?;
        let target = place.folder.as_path();
        // A link stays a link: what it leads to is replaced.
        let resolved = target.canonicalize();
        let target = resolved.as_deref().unwrap_or(target);
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let parent = above(target);
        fs::create_dir_all(parent).map_err(|source| Error::io("create", parent, source))?;
        let folder = parent.join(format!(".{name}-{run_id}"));
        for leftover in leftovers(parent, &format!(".{name}-")).into_iter().flatten() {
            // One that cannot be removed is no reason not to publish.
            let _ = fs::remove_dir_all(leftover);
        }
        fs::create_dir(&folder).map_err(|source| Error::io("create", &folder, source))?;
        let next = Self { place: place.clone(), run_id: run_id.to_owned(), target: target.to_path_buf(), folder };
        if next.target.is_dir() {
            keep(&next.target, &next.folder, replaced)?;
        }
        Ok(next)
    }

    /// Where a file of the new set is to be written.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Puts the new set in the place of the old one, in one step.
    ///
    /// # Errors
    /// Failed when the file system refuses, or as the store's own; the old set then stays.
    pub fn publish(self) -> Result<()> {
        self.publish_here()?;
        at_store::publish(&self.place, &self.run_id)
    }

    fn publish_here(&self) -> Result<()> {
        sync(&self.folder)?;
        if self.target.is_dir() {
            match renameat_with(CWD, &self.folder, CWD, &self.target, RenameFlags::EXCHANGE) {
                Ok(()) => {}
                // A mount point, or a file system that cannot exchange: the files go over one by one, the manifest last.
                Err(Errno::BUSY | Errno::INVAL | Errno::NOSYS | Errno::XDEV | Errno::OPNOTSUPP) => self.move_files()?,
                Err(error) => return Err(Error::io("exchange", &self.target, error.into())),
            }
            sync(&self.target)?;
        } else {
            fs::rename(&self.folder, &self.target).map_err(|source| Error::io("create", &self.target, source))?;
        }
        sync(above(&self.target))
    }
}

impl NextArtifacts {
    fn move_files(&self) -> Result<()> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(|source| Error::io("list", &self.folder, source))? {
            names.push(entry.map_err(|source| Error::io("list", &self.folder, source))?.file_name());
        }
        names.sort_by_key(|name| name == MANIFEST);
        for name in names {
            let (from, aside) = (self.folder.join(&name), self.target.join(format!(".next-{}", name.display())));
            if from.is_file() {
                // Over a file system's border a file is copied, so it is put in place by a rename of its own.
                fs::copy(&from, &aside)
                    .and_then(|_| File::open(&aside)?.sync_all())
                    .and_then(|()| fs::rename(&aside, self.target.join(&name)))
                    .map_err(|source| Error::io("publish", &from, source))?;
            }
        }
        Ok(())
    }
}

impl Drop for NextArtifacts {
    /// What is beside the artifacts by now is the old set, or a new one that came to nothing.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Links what stays from the old set into the new one.
fn keep(from: &Path, to: &Path, replaced: &[String]) -> Result<()> {
    for entry in fs::read_dir(from).map_err(|source| Error::io("list", from, source))? {
        let path = entry.map_err(|source| Error::io("list", from, source))?.path();
        let name = path.file_name().unwrap_or_default();
        if replaced.iter().any(|replaced| name == replaced.as_str()) {
            continue;
        }
        let target = to.join(name);
        if path.is_dir() {
            fs::create_dir(&target).map_err(|source| Error::io("create", &target, source))?;
            keep(&path, &target, &[])?;
        } else {
            fs::hard_link(&path, &target).map_err(|source| Error::io("keep", &path, source))?;
        }
    }
    Ok(())
}
