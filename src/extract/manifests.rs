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

/// Manifests by table and folder of the day.
pub struct Manifests(BTreeMap<(String, String), Vec<Location>>);

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
        let mut manifests: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, at) in found {
            let parts: Vec<_> = name.split('/').collect();
            if let [.., table, day, _] = parts[..]
                && day.starts_with("dt=")
            {
                manifests.entry((table.to_owned(), day.to_owned())).or_default().push(at);
            }
        }
        Self(manifests)
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
        let mut held: BTreeMap<&'static str, (Vec<String>, Held)> = BTreeMap::new();
        let mut days: BTreeMap<(&'static str, String), Vec<String>> = BTreeMap::new();
        for delivery in deliveries.iter().filter(|delivery| delivery.schema == "egress" && !is_taken(delivery)) {
            if let Some(day) = delivery.name().split('/').rev().find(|part| part.starts_with("dt=")) {
                days.entry((delivery.table, day.to_owned())).or_default().push(delivery.name().to_owned());
            }
        }
        for ((table, day), files) in days {
            let of_table = |(of, _): &&(String, String)| of == table;
            let Some(first) = self.0.keys().filter(of_table).map(|(_, day)| day).min() else { continue };
            if day < *first {
                continue;
            }
            let of_day = self.0.get(&(table.to_owned(), day)).map_or(&[][..], Vec::as_slice);
            let there: BTreeSet<&str> =
                deliveries.iter().filter(|delivery| delivery.table == table).map(Delivery::name).collect();
            let (mut whole, mut reasons): (BTreeSet<String>, Vec<Held>) = (BTreeSet::new(), Vec::new());
            for at in of_day {
                match named(at, &there)? {
                    Ok(names) => whole.extend(names),
                    Err(reason) => reasons.push(reason),
                }
            }
            let partial: Vec<_> = files.into_iter().filter(|name| !whole.contains(name)).collect();
            if !partial.is_empty() {
                let reason = reasons.pop().unwrap_or(Held::Unnamed);
                held.entry(table).or_insert_with(|| (Vec::new(), reason)).0.extend(partial);
            }
        }
        let names: BTreeSet<&String> = held.values().flat_map(|(names, _)| names).collect();
        deliveries.retain(|delivery| !names.contains(&delivery.source.name));
        Ok(held.iter().map(|(table, (names, reason))| said(table, names, reason)).collect())
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

fn said(table: &str, names: &[String], reason: &Held) -> String {
    let files = counted(names.len() as u64, "file");
    let are = if names.len() == 1 { "is" } else { "are" };
    let first = names.iter().min().map_or("", String::as_str);
    let why = match reason {
        Held::Unnamed => "no manifest names it yet (without the folder _manifests files count as they come)".to_owned(),
        Held::Missing(key) => format!("its manifest names {key}, which is not there"),
        Held::Unreadable(said) => format!("its manifest cannot be read: {said}"),
    };
    format!("{files} of {table} {are} of a transfer that is not whole and {are} not read: {first}: {why}")
}
