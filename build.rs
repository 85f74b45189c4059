//! Lists the files of `sql/` so that they are built into the binary: a new report is one file and nothing else. And tells
//! the binary what it was built from.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    list_sql();
    println!("cargo::rustc-env=ETL_VERSION={} ({})", variable("CARGO_PKG_VERSION"), built_from());
}

fn list_sql() {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")).join("sql");
    let mut list = String::from("&[\n");
    for layer in ["staging", "intermediate", "marts", "checks"] {
        let folder = root.join(layer);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files: Vec<_> =
            fs::read_dir(&folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "sql")) {
            println!("cargo::rerun-if-changed={}", file.display());
            let name = file.file_name().expect("it was listed").to_string_lossy();
            writeln!(list, "    ({:?}, include_str!({file:?})),", format!("{layer}/{name}")).expect("to memory");
        }
    }
    list.push_str("]\n");
    let out = Path::new(&variable("OUT_DIR")).join("sql.rs");
    fs::write(out, list).expect("the build folder can be written");
}

/// The commit, where it is known, and the profile, such as `1a2b3c4d5e6f, dist`: `ETL_COMMIT` says it, else git does.
///
/// A `dev` build says no commit: asking would compile everything anew after each of them. A folder without git, such as
/// an unpacked tarball, has none to say either, and is no reason to fail.
fn built_from() -> String {
    println!("cargo::rerun-if-env-changed=ETL_COMMIT");
    let profile = profile();
    let commit = env::var("ETL_COMMIT").ok().filter(|commit| !commit.is_empty());
    match commit.or_else(|| if profile == "dev" { None } else { commit_of_git() }) {
        Some(commit) => format!("{commit}, {profile}"),
        None => profile,
    }
}

/// The profile as cargo calls it. Cargo tells a build script `debug` or `release` only; its folder is named for the profile.
fn profile() -> String {
    let out = variable("OUT_DIR");
    let folder = Path::new(&out).ancestors().find(|folder| folder.ends_with("build")).and_then(Path::parent);
    let name =
        folder.and_then(Path::file_name).map_or_else(|| variable("PROFILE"), |name| name.to_string_lossy().into());
    if name == "debug" { "dev".to_owned() } else { name }
}

/// The commit that is checked out, and whether what is built differs from it.
fn commit_of_git() -> Option<String> {
    for changing in ["HEAD", "index", "logs/HEAD"] {
        let file = git(&["rev-parse", "--path-format=absolute", "--git-path", changing])?;
        if Path::new(&file).exists() {
            println!("cargo::rerun-if-changed={file}");
        }
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let built = ["src", "sql", "simulator", "build.rs", "Cargo.toml", "Cargo.lock"];
    for path in built {
        println!("cargo::rerun-if-changed={path}");
    }
    let changes = git(&[&["status", "--porcelain", "--"], &built[..]].concat())?;
    Some(if changes.is_empty() { commit } else { format!("{commit} and changes") })
}

/// What git says in the folder of the package, or none where it says nothing or is not there.
fn git(words: &[&str]) -> Option<String> {
    let root = variable("CARGO_MANIFEST_DIR");
    // A repository above an unpacked tarball is somebody else's.
    if !Path::new(&root).join(".git").exists() {
        return None;
    }
    let said =
        Command::new("git").args(["-C", &root]).args(words).output().ok().filter(|said| said.status.success())?;
    Some(String::from_utf8(said.stdout).ok()?.trim().to_owned())
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo sets it")
}
