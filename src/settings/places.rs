//! Where landing, lake, artifacts and the project's own SQL are.

use std::path::{Component, Path, PathBuf};

use crate::cli::Common;
use crate::error::{Error, Result};
use crate::settings::choice::{Choice, Source};
use crate::settings::file::File;
use crate::settings::given::Given;
use crate::settings::local::require_local;
use crate::settings::path;
use crate::settings::store::{self, DeliveryPlace, Place};
use crate::settings::variables::Variables;

pub(crate) struct Places {
    /// Where answers of the API land, and export files that are delivered to this machine.
    pub(crate) landing: PathBuf,
    /// Where export files are delivered.
    pub(crate) delivered: DeliveryPlace,
    pub(crate) lake: Place,
    pub(crate) artifacts: Place,
    pub(crate) closes: Place,
}

/// Flags and variables count from `folder`; the file's paths, and the defaults beside a file, count from the file's folder.
pub(crate) fn resolve(flags: &Common, variables: &Variables, file: &File, folder: &Path) -> Result<Places> {
    let base = if file.folder().as_os_str().is_empty() { folder } else { file.folder() };
    let given = |flag: Option<&PathBuf>, name: &str, key: &str| {
        let typed = path(flag, name, variables).map(|given| (given, folder));
        let written = || file.value(key).map(|given| (Given::new(given.value.clone().into(), given.by.clone()), base));
        typed.or_else(written)
    };
    let place = |flag: Option<&PathBuf>, name: &str, key: &str, what: &str| -> Result<PathBuf> {
        let Some((given, from)) = given(flag, name, key) else { return Ok(base.join(name)) };
        require_local(&given.value, &given.by, what, "folder")?;
        Ok(from.join(given.value))
    };
    let bucket = given(flags.landing.as_ref(), "landing", "paths.landing");
    let bucket = bucket.map(|(given, _)| store::resolve(&given, file, base, "landing")).transpose()?.flatten();
    let (landing, delivered) = match bucket {
        Some(bucket) => (base.join("landing"), DeliveryPlace::Store(Box::new(bucket))),
        None => {
            let landing = place(flags.landing.as_ref(), "landing", "paths.landing", "landing")?;
            (landing.clone(), DeliveryPlace::Folder(landing))
        }
    };
    let written = |flag: Option<&PathBuf>, name: &str, key: &str, what: &str| -> Result<Place> {
        let bucket = given(flag, name, key).map(|(given, _)| store::resolve(&given, file, base, what));
        Ok(match bucket.transpose()?.flatten() {
            Some(store) => Place { folder: store.copies(), store: Some(Box::new(store)) },
            None => Place { folder: place(flag, name, key, what)?, store: None },
        })
    };
    let lake = written(flags.lake.as_ref(), "lake", "paths.lake", "the lake")?;
    let artifacts = written(flags.artifacts.as_ref(), "artifacts", "paths.artifacts", "the place of artifacts")?;
    let closes = written(flags.closes.as_ref(), "closes", "paths.closes", "the place of closes")?;
    require_apart(&landing, &delivered, [("lake", &lake), ("artifacts", &artifacts), ("closes", &closes)])?;
    Ok(Places { landing, delivered, lake, artifacts, closes })
}

/// The project's own SQL: `[paths] sql`, else a folder `sql` beside the file.
pub(crate) fn sql(file: &File, has_file: bool) -> Result<Option<PathBuf>> {
    match file.value("paths.sql") {
        None => Ok(Some(file.folder().join("sql")).filter(|path| has_file && path.is_dir())),
        Some(given) => {
            require_local(Path::new(&given.value), &given.by, "a project's own SQL", "folder")?;
            let path = file.folder().join(&given.value);
            if path.is_dir() { Ok(Some(path)) } else { Err(given.by.refuse(&given.value, "a folder that exists")) }
        }
    }
}

/// A place inside another would be overwritten or read as the other's. Only the sources' own folders of landing count:
/// a lake beside them in the same folder harms nobody.
fn require_apart(landing: &Path, delivered: &DeliveryPlace, places: [(&'static str, &Place); 3]) -> Result<()> {
    let bucket = match delivered {
        DeliveryPlace::Folder(_) => None,
        DeliveryPlace::Store(store) => Some(("landing", store.url.as_str().into())),
    };
    let sources = Source::CHOICES.iter().map(|(name, _)| ("landing", landing.join(name))).chain(bucket);
    let places = places.map(|(name, place)| (name, place.address()));
    let all: Vec<(&str, PathBuf, PathBuf)> =
        sources.chain(places).map(|(name, path)| (name, path.clone(), plain(&path))).collect();
    for (at, (name, path, plain)) in all.iter().enumerate() {
        for (other_name, other_path, other_plain) in &all[..at] {
            if plain.starts_with(other_plain) || other_plain.starts_with(plain) {
                let message = format!(
                    "{name} `{}` and {other_name} `{}` are one folder, or one inside the other",
                    path.display(),
                    other_path.display()
                );
                return Err(Error::usage(message).hint("give each a folder of its own"));
            }
        }
    }
    Ok(())
}

/// Absolute and without `.` and `..`, by the text alone; links are not followed.
fn plain(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}
