//! Holds the code to the map of ARCHITECTURE.md: which module may use which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::project::files;

/// The files of `src/` without their tests, by the path of their module: `normalize::decode`.
fn modules() -> BTreeMap<Vec<String>, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    for (name, bytes) in files(&root) {
        let Some(name) = name.strip_suffix(".rs").filter(|name| !["main", "lib"].contains(name)) else { continue };
        let path = name.trim_end_matches("/mod").split('/').map(str::to_owned).collect::<Vec<_>>();
        if path.last().is_none_or(|last| last == "tests") {
            continue;
        }
        let text = String::from_utf8(bytes).unwrap();
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        found.insert(path, code);
    }
    found
}

/// Paths that a `use` names: `a::{b, c::d}` is two.
fn named(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, inner)) = tree.strip_suffix('}').and_then(|tree| tree.split_once('{')) else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for letter in inner.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(letter);
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| named(part)).map(|part| format!("{before}{part}")).collect()
}

/// Which modules each uses, by `use` or by a path in the code.
fn uses() -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let modules = modules();
    let module_of = |path: Vec<String>| {
        (1..=path.len()).rev().map(|length| path[..length].to_vec()).find(|path| modules.contains_key(path))
    };
    let mut found: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (module, code) in &modules {
        let statements = code.split("use ").skip(1).filter_map(|rest| rest.split_once(';')).map(|(tree, _)| tree);
        let imports = statements.flat_map(named);
        let in_code = code.split("crate::").skip(1).map(|rest| {
            let end = rest.find(|letter: char| letter != ':' && letter != '_' && !letter.is_alphanumeric());
            format!("crate::{}", &rest[..end.unwrap_or(rest.len())])
        });
        for path in imports.chain(in_code) {
            let mut steps: Vec<_> = path.split("::").map(str::to_owned).collect();
            let mut base = match steps[0].as_str() {
                "crate" => Vec::new(),
                "self" | "super" => module.clone(),
                _ => continue,
            };
            while matches!(steps.first().map(String::as_str), Some("crate" | "self" | "super")) {
                if steps.remove(0) == "super" {
                    base.pop();
                }
            }
            base.extend(steps);
            // A folder's file and those in the folder are one: it gathers them, and they may name what it has for all.
            if let Some(used) = module_of(base).filter(|used| !used.starts_with(module) && !module.starts_with(used)) {
                found.entry(module.clone()).or_default().insert(used);
            }
        }
    }
    found
}

#[test]
fn modules_use_only_what_stands_below_them_on_the_map() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap();
    let map = text.split("```text\nmain ").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    let mut layers: BTreeMap<String, usize> = BTreeMap::new();
    for (layer, line) in map.lines().enumerate() {
        let names = line.trim_start().split("  ").next().unwrap();
        layers.extend(names.split(" · ").map(|name| (name.to_owned(), layer)));
    }
    let all: BTreeSet<_> = modules().into_keys().map(|path| path[0].clone()).collect();
    assert_eq!(all, layers.keys().cloned().collect(), "the map has each module once");
    let mut upwards = BTreeSet::new();
    for (module, used) in uses() {
        for used in used.iter().filter(|used| used[0] != module[0] && layers[&used[0]] <= layers[&module[0]]) {
            upwards.insert(format!("{} uses {}", module.join("::"), used.join("::")));
        }
    }
    assert!(upwards.is_empty(), "{upwards:#?}");
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let mut uses = uses();
    // What uses nothing that is left is in no circle.
    loop {
        let left: BTreeSet<_> = uses.keys().cloned().collect();
        uses.values_mut().for_each(|used| used.retain(|module| left.contains(module)));
        let before = uses.len();
        uses.retain(|_, used| !used.is_empty());
        if uses.len() == before {
            break;
        }
    }
    assert!(uses.is_empty(), "{uses:#?}");
}

#[test]
fn every_file_of_tests_is_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    for (name, _) in files(&folder) {
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || main.contains(&format!("mod {module};\n")), "main.rs lacks {module}");
    }
}
