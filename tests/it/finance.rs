//! Small accounts that an accountant worked out by hand: `tests/fixtures/finance/NAME` holds what was delivered (`egress`),
//! what the account is about (`README.md`) and what is expected of the reports (`expected.csv`: a sentence, a query of one
//! figure over the lake's reports, the figure).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::account::plain;
use crate::close::table;
use crate::project::{Project, files};

/// The accounts of a folder of fixtures.
pub fn accounts(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

/// A project with an account's settings.
pub fn project(account: &Path) -> Project {
    let project = Project::new().whole();
    let settings = account.join("pipeline.toml");
    if settings.is_file() {
        project.write("pipeline.toml", fs::read_to_string(settings).unwrap());
    } else {
        project.write("pipeline.toml", "");
    }
    project
}

/// What differs of the figures that are expected of an account's reports, one line each.
pub fn different_figures(name: &str, account: &Path, project: &Project) -> Vec<String> {
    let expected = table(&fs::read_to_string(account.join("expected.csv")).unwrap());
    let query = |(place, row): (usize, &BTreeMap<String, String>)| {
        format!("select {place} as place, cast(({}) as varchar) as found", row["query"])
    };
    let queries: Vec<_> = expected.iter().enumerate().map(query).collect();
    let query = format!("{} order by place", queries.join(" union all "));
    let outcome = project.etl(&["sql", "--format", "csv", "-c", &query]);
    if outcome.code != 0 {
        return vec![format!("{name}: {}", outcome.stderr)];
    }
    let found = table(&outcome.stdout);
    let differs = |(row, found): (&BTreeMap<String, String>, &BTreeMap<String, String>)| {
        let (figure, expected, found) = (&row["figure"], &row["expected"], &found["found"]);
        (plain(found) != plain(expected)).then(|| format!("{name}: {figure}: expected {expected}, found {found}"))
    };
    expected.iter().zip(&found).filter_map(differs).collect()
}

/// Leaves a folder's files where a second calculation can go on from them, if somebody asks for it.
pub fn keep(project: &Project, folder: &str, name: &str) {
    let Some(kept) = std::env::var_os("KEEP_ARTIFACTS") else { return };
    for (file, bytes) in project.files(folder) {
        let path = Path::new(&kept).join(name).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// What differs in an account, one line a figure; the run must end well.
fn differences(account: &Path) -> Vec<String> {
    let name = account.file_name().unwrap().to_string_lossy().into_owned();
    let project = project(account);
    for (file, bytes) in files(&account.join("egress")) {
        project.deliver(&file, bytes);
    }
    let run = project.run(&["--stage", "all", "--source", "egress"]);
    if run.code != 0 {
        return vec![format!("{name}: exit {}\n{}", run.code, run.stderr)];
    }
    keep(&project, "artifacts", &name);
    different_figures(&name, account, &project)
}

/// What differs in all accounts, told by a few at a time.
pub fn all_differences(accounts: &[PathBuf], differences: fn(&Path) -> Vec<String>) -> Vec<String> {
    let halves: Vec<_> = accounts.chunks(accounts.len().div_ceil(2)).map(<[PathBuf]>::to_vec).collect();
    let workers: Vec<_> = halves
        .into_iter()
        .map(|half| thread::spawn(move || half.iter().flat_map(|account| differences(account)).collect::<Vec<_>>()))
        .collect();
    workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
}

#[test]
fn the_reports_of_every_account_say_what_was_worked_out_by_hand() {
    let accounts = accounts("finance");
    assert!(!accounts.is_empty());
    let different = all_differences(&accounts, differences);
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}
