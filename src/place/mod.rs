//! The places that data rests in: the only code that builds paths inside them and writes files.

pub mod artifacts;
pub mod journal;
pub mod key_index;
pub mod lake;
pub mod landing;
pub mod location;
pub mod parquet;
pub mod records;
pub mod results;
pub mod scratch;
pub mod store;

use std::fs::File;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use serde::Serialize;

use crate::error::{Error, Result};

/// Makes a file, or the names in a folder, survive a power cut.
///
/// # Errors
/// Failed when the disk refuses.
pub fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|source| Error::io("make durable", path, source))
}

/// Writes a value as JSON, whole or not at all, and durable.
///
/// # Errors
/// Failed when the disk refuses.
fn write<T: Serialize>(folder: &Path, name: &str, value: &T) -> Result<()> {
    let (path, aside) = (folder.join(name), folder.join(format!(".{name}")));
    let failed = |source| Error::io("write", &path, source);
    let mut text = serde_json::to_vec_pretty(value).map_err(|error| failed(error.into()))?;
    text.push(b'\n');
    let mut file = File::create(&aside).map_err(failed)?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&aside, &path).map_err(failed)?;
    sync(folder)
}

/// The folder that a path stands in; the working one of a name alone.
pub fn above(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// What killed runs left in a folder: what is named like this and then by a run's id. The rest is somebody's.
///
/// # Errors
/// Failed when the folder cannot be listed.
pub fn leftovers(folder: &Path, prefix: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|source| Error::io("list", folder, source))?;
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.strip_prefix(prefix).is_some_and(|run_id| uuid::Uuid::try_parse(run_id).is_ok())
    };
    Ok(entries.flatten().map(|entry| entry.path()).filter(is_ours).collect())
}

/// Has two folders change places, in one step.
///
/// # Errors
/// Failed when the file system refuses.
pub fn exchange(left: &Path, right: &Path) -> Result<()> {
    renameat_with(CWD, left, CWD, right, RenameFlags::EXCHANGE)
        .map_err(|error| Error::io("exchange", right, error.into()))
}

/// Gives a file its final name.
///
/// # Errors
/// Failed when the disk refuses.
pub fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).map_err(|source| Error::io("rename", from, source))
}

/// A path as it is: absolute, links followed as far as it exists. One that cannot be resolved stays as it was given.
pub fn real(path: &Path) -> PathBuf {
    if is_url(path) {
        return path.to_owned();
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = absolute.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match existing {
        Some((above, real)) => {
            absolute.strip_prefix(above).into_iter().flatten().fold(real, |path, part| path.join(part))
        }
        None => absolute,
    }
}

/// The way from one folder to another, both as they are: `../landing`. To a place of a store it is its URL from everywhere, and
/// from one the path as it is.
pub fn relative(from: &Path, to: &Path) -> PathBuf {
    if is_url(to) || is_url(from) {
        return to.to_owned();
    }
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let common = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
    let up = from[common..].iter().map(|_| Component::ParentDir);
    up.chain(to[common..].iter().copied()).collect()
}

/// Where a way from a folder leads: the opposite of [`relative`].
pub fn along(from: &Path, way: &Path) -> PathBuf {
    if is_url(way) || is_url(from) { way.to_owned() } else { from.join(way) }
}

fn is_url(path: &Path) -> bool {
    path.to_string_lossy().contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_folder_to_folder_is_the_same_wherever_both_are() {
        let way = |from, to| relative(Path::new(from), Path::new(to)).display().to_string();
        assert_eq!(way("/a/lake", "/a/landing"), "../landing");
        assert_eq!(way("/moved/to/b/lake", "/moved/to/b/landing"), "../landing");
        assert_eq!(way("/a/lake", "/mnt/files"), "../../mnt/files");
        assert_eq!(way("/a", "/a/landing"), "landing");
        assert_eq!(way("/a/lake", "s3://bucket/export"), "s3://bucket/export");
    }

    #[test]
    fn a_real_path_follows_links_as_far_as_it_exists() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().canonicalize().unwrap().join("target");
        std::fs::create_dir(&target).unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join("link")).unwrap();
        assert_eq!(real(&folder.path().join("link/not/there")), target.join("not/there"));
    }
}
