//! What lies where export files are delivered: folders of this machine, or what a store lists below a prefix.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::BOOKS;
use crate::error::{Error, Result};
use crate::place::location::Location;
use crate::place::store::{Object, Store};
use crate::settings::DeliveryPlace;
use crate::source::delivery::modified_at;

/// Folders and files by their names from the root on, `/` between the parts; the root is empty.
pub(super) enum Tree {
    Folder { root: PathBuf, is_nested: bool },
    Store { folders: BTreeMap<String, Vec<Entry>>, is_nested: bool },
}

/// What lies in a folder.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// The name in its folder; what is no Unicode is replaced.
    pub(super) name: String,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Folder,
    File {
        at: Location,
        size_bytes: u64,
        /// Microseconds since the epoch.
        modified_at: i64,
    },
    /// A file whose name is no Unicode.
    Unnamed,
    /// Neither: what it is, with its article.
    Other(&'static str),
}

impl Tree {
    /// Of the place, from its `egress` on where there is one; and names of files beside that.
    ///
    /// # Errors
    /// Usage (exit 2) when the place is not there; failed when it cannot be listed; as [`Store::list`].
    pub(super) fn of(place: &DeliveryPlace) -> Result<(Self, Vec<String>)> {
        match place {
            DeliveryPlace::Folder(landing) => Self::of_folder(landing),
            DeliveryPlace::Store(place) => match Store::open(place)?.list()? {
                // A store has no folders: one that is misspelt looks like one that is empty.
                objects if objects.is_empty() => Err(Error::usage(format!("nothing is delivered under {}", place.url))
                    .hint("check the URL: the prefix is the folder that holds the tables' folders or files")),
                objects => Ok(Self::of_objects(objects)),
            },
        }
    }

    fn of_folder(landing: &Path) -> Result<(Self, Vec<String>)> {
        if !landing.is_dir() {
            return Err(Error::usage(format!("the landing folder {} is not there", landing.display()))
                .hint("put the export files there, or name another folder with --landing"));
        }
        let root = super::root(landing);
        let mut beside = Vec::new();
        if root != landing {
            let failed = |source| Error::io("list", landing, source);
            for entry in fs::read_dir(landing).map_err(failed)? {
                let path = entry.map_err(failed)?.path();
                if path.is_file() {
                    beside.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
                }
            }
        }
        Ok((Self::Folder { is_nested: root != landing, root }, beside))
    }

    fn of_objects(objects: Vec<(String, Object)>) -> (Self, Vec<String>) {
        const NESTED: &str = "egress/";
        let is_nested = objects.iter().any(|(name, _)| name.starts_with(NESTED));
        let (mut beside, mut below) = (Vec::new(), Vec::new());
        for (name, object) in objects {
            match name.strip_prefix(NESTED).filter(|_| is_nested) {
                Some(name) => below.push((name.to_owned(), object)),
                None if is_nested && name.starts_with(&format!("{BOOKS}/")) => {
                    below.push((format!("../{name}"), object))
                }
                None if is_nested && !name.contains('/') => beside.push(name),
                None if is_nested => {}
                None => below.push((name, object)),
            }
        }
        let mut folders: BTreeMap<String, Vec<Entry>> = [(String::new(), Vec::new())].into();
        for (name, _) in &below {
            for (end, _) in name.match_indices('/') {
                folders.entry(name[..end].to_owned()).or_default();
            }
        }
        for (name, object) in below {
            // An empty object that bears a folder's name is what consoles put there to show the folder.
            if object.size() == 0 && folders.contains_key(&name) {
                continue;
            }
            let (folder, file) = name.rsplit_once('/').unwrap_or(("", &name));
            let (size_bytes, modified_at) = (object.size(), object.modified_at());
            let kind = Kind::File { at: Location::Object(object), size_bytes, modified_at };
            folders.entry(folder.to_owned()).or_default().push(Entry { name: file.to_owned(), kind });
        }
        let names: Vec<_> = folders.keys().filter(|name| !name.is_empty()).cloned().collect();
        for name in names {
            let (above, own) = name.rsplit_once('/').unwrap_or(("", &name));
            folders.entry(above.to_owned()).or_default().push(Entry { name: own.to_owned(), kind: Kind::Folder });
        }
        folders.values_mut().for_each(|entries| entries.sort_by(|left, right| left.name.cmp(&right.name)));
        (Self::Store { folders, is_nested }, beside)
    }

    /// Whether the root is the folder `egress` of the place.
    pub(super) fn is_nested(&self) -> bool {
        let (Self::Folder { is_nested, .. } | Self::Store { is_nested, .. }) = self;
        *is_nested
    }

    /// Whether there is a folder of this name.
    pub(super) fn has(&self, folder: &str) -> bool {
        match self {
            Self::Store { folders, .. } => folders.contains_key(folder),
            Self::Folder { root, .. } => root.join(folder).is_dir(),
        }
    }

    /// What lies in a folder, by name; none where the folder was `visited` by another way, as through a link that leads back.
    ///
    /// # Errors
    /// Failed when it cannot be listed.
    pub(super) fn entries(&self, folder: &str, visited: &mut BTreeSet<PathBuf>) -> Result<Option<Vec<Entry>>> {
        match self {
            Self::Store { folders, .. } => Ok(Some(folders.get(folder).cloned().unwrap_or_default())),
            Self::Folder { root, .. } => {
                let path = root.join(folder);
                let failed = |source| Error::io("list", &path, source);
                if !visited.insert(fs::canonicalize(&path).map_err(failed)?) {
                    return Ok(None);
                }
                let mut entries = fs::read_dir(&path)
                    .map_err(failed)?
                    .map(|entry| entry.map(|entry| Entry::of(&entry.path())).map_err(failed))
                    .collect::<Result<Vec<_>>>()?;
                entries.sort_by(|left, right| left.name.cmp(&right.name));
                Ok(Some(entries))
            }
        }
    }
}

impl Entry {
    fn of(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default();
        let kind = match (name.to_str(), fs::metadata(path)) {
            (None, _) => Kind::Unnamed,
            (_, Err(_)) => Kind::Other("a link that leads nowhere"),
            (_, Ok(metadata)) if metadata.is_dir() => Kind::Folder,
            (_, Ok(metadata)) if metadata.is_file() => Kind::File {
                at: Location::File(path.to_owned()),
                size_bytes: metadata.len(),
                modified_at: modified_at(&metadata),
            },
            (_, Ok(metadata)) => Kind::Other(match metadata.file_type() {
                kind if kind.is_fifo() => "a pipe",
                kind if kind.is_socket() => "a socket",
                _ => "a device",
            }),
        };
        Self { name: name.to_string_lossy().into_owned(), kind }
    }
}
