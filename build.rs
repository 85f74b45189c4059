//! Lists the files of `sql/` so that they are built into the binary: a new report is one file and nothing else.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("sql");
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
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("sql.rs");
    fs::write(out, list).expect("the build folder can be written");
}
