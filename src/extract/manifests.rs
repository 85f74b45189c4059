//! Which transfers are whole. The vendor writes a manifest behind each transfer of a table, in
//! `_manifests/<table>/dt=<day>/`, which names its files. From the first day on that has one, a file counts once a manifest names
//! it and everything else that this manifest names is there; files of earlier days, and of tables without manifests, count as they
//! come.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde::Deserialize;

use crate::error::Result;
use crate::place::location::Location;
use crate::printer::counted;
use crate::source::delivery::Delivery;

/// Manifests of tables by folder of the day.
pub struct Manifests(BTreeMap<String, BTreeMap<String, Vec<Location>>>);

/// What a manifest says, as far as it matters here.
#[derive(Deserialize)]
struct Manifest {
    files: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    /// From the bucket on.
    data_file_key: String,
}

/// Why a file does not count yet.
enum Held {
    Unnamed,
    Missing(String),
    Unreadable(String),
}

impl Manifests {
    /// Of files below `_manifests`, with their names from there on.
    pub fn of(found: Vec<(String, Location)>) -> Self {
        let mut manifests: BTreeMap<_, BTreeMap<_, Vec<_>>> = BTreeMap::new();
        for (name, at) in found {
            let parts: Vec<_> = name.split('/').collect();
            if let [.., table, day, _] = parts[..]
                && day.starts_with("dt=")
            {
                manifests.entry(table.to_owned()).or_default().entry(day.to_owned()).or_default().push(at);
            }
        }
        Self(manifests)
    }

    /// Whether there are none, and all files count as they come.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the files out that are of no whole transfer yet, and says so, a line for each table. Those that the lake has taken are not
    /// looked at: their manifests need not be there any more. Reads only manifests of days with other files.
    ///
    /// # Errors
    /// As reading a delivered file.
    pub fn hold_back(
        &self,
        deliveries: &mut Vec<Delivery>,
        is_taken: impl Fn(&Delivery) -> bool,
    ) -> Result<Vec<String>> {
        let (mut held, mut lines) = (BTreeSet::new(), Vec::new());
        for (table, manifests) in &self.0 {
            let is_of_table = |delivery: &&Delivery| delivery.schema == "egress" && delivery.table == table;
            let of_table: Vec<_> = deliveries.iter().filter(is_of_table).collect();
            let there: BTreeSet<_> = of_table.iter().map(|delivery| delivery.name()).collect();
            let mut days: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for delivery in of_table.iter().filter(|delivery| !is_taken(delivery)) {
                if let Some(day) = delivery.name().split('/').rev().find(|part| part.starts_with("dt=")) {
                    days.entry(day).or_default().push(delivery.name());
                }
            }
            let is_before = |day: &str| manifests.keys().next().is_some_and(|first| day < first.as_str());
            let (mut partial, mut why) = (Vec::new(), None);
            for (day, files) in days.into_iter().filter(|(day, _)| !is_before(day)) {
                let (mut whole, mut reason) = (BTreeSet::new(), Held::Unnamed);
                for at in manifests.get(day).into_iter().flatten() {
                    match named(at, &there)? {
                        Ok(names) => whole.extend(names),
                        Err(other) => reason = other,
                    }
                }
                let waiting: Vec<_> = files.into_iter().filter(|name| !whole.contains(*name)).collect();
                if !waiting.is_empty() {
                    partial.extend(waiting);
                    why.get_or_insert(reason);
                }
            }
            if let Some(why) = why {
                lines.push(said(table, &partial, &why));
                held.extend(partial.into_iter().map(str::to_owned));
            }
        }
        deliveries.retain(|delivery| !held.contains(delivery.name()));
        Ok(lines)
    }
}

/// The files of a manifest, as they are `there`, or why it does not count yet.
fn named(at: &Location, there: &BTreeSet<&str>) -> Result<std::result::Result<Vec<String>, Held>> {
    let mut text = String::new();
    if let Err(error) = at.open()?.read_to_string(&mut text) {
        return at.failure().map_or_else(|| Ok(Err(Held::Unreadable(format!("{at}: {error}")))), Err);
    }
    let manifest: Manifest = match serde_json::from_str(&text) {
        Ok(manifest) => manifest,
        Err(error) => return Ok(Err(Held::Unreadable(format!("{at}: {error}")))),
    };
    let mut names = Vec::new();
    for Named { data_file_key } in manifest.files {
        // Keys begin at the bucket, and names where the tables' folders stand.
        let ends = std::iter::once(0).chain(data_file_key.match_indices('/').map(|(at, _)| at + 1));
        match ends.map(|start| &data_file_key[start..]).find(|name| there.contains(name)) {
            Some(name) => names.push(name.to_owned()),
            None => return Ok(Err(Held::Missing(data_file_key))),
        }
    }
    Ok(Ok(names))
}

fn said(table: &str, names: &[&str], reason: &Held) -> String {
    let files = counted(names.len() as u64, "file");
    let are = if names.len() == 1 { "is" } else { "are" };
    let first = names.iter().min().copied().unwrap_or_default();
    let why = match reason {
        Held::Unnamed => "no manifest names it yet (without the folder _manifests files count as they come)".to_owned(),
        Held::Missing(key) => format!("its manifest names {key}, which is not there"),
        Held::Unreadable(said) => format!("its manifest cannot be read: {said}"),
    };
    format!("{files} of {table} {are} of a transfer that is not whole and {are} not read: {first}: {why}")
}
