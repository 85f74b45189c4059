//! Small accounts that an accountant worked out by hand: `tests/fixtures/finance/NAME` holds what was delivered (`egress`),
//! what the account is about (`README.md`) and what is expected of the reports (`expected.csv`: a sentence, a query of one
//! figure over the lake's reports, the figure).

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use crate::close::table;
use crate::project::{Project, files};

fn accounts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/finance");
    let mut found: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

/// A decimal without the zeros that say nothing.
fn plain(figure: &str) -> &str {
    let figure = figure.trim();
    if figure.contains('.') { figure.trim_end_matches('0').trim_end_matches('.') } else { figure }
}

/// What differs in an account, one line a figure; the run must end well.
fn differences(account: &Path) -> Vec<String> {
    let name = account.file_name().unwrap().to_string_lossy().into_owned();
    let project = Project::new().whole();
    let settings = account.join("pipeline.toml");
    if settings.is_file() {
        project.write("pipeline.toml", fs::read_to_string(settings).unwrap());
    } else {
        project.write("pipeline.toml", "");
    }
    for (file, bytes) in files(&account.join("egress")) {
        project.deliver(&file, bytes);
    }
    let run = project.run(&["--stage", "all", "--source", "egress"]);
    if run.code != 0 {
        return vec![format!("{name}: exit {}\n{}", run.code, run.stderr)];
    }
    let mut different = Vec::new();
    for row in table(&fs::read_to_string(account.join("expected.csv")).unwrap()) {
        let outcome = project.etl(&["sql", "--format", "csv", "-c", &row["query"]]);
        let found = outcome.stdout.lines().nth(1).unwrap_or_default().to_owned();
        if outcome.code != 0 || plain(&found) != plain(&row["expected"]) {
            let (figure, expected) = (&row["figure"], &row["expected"]);
            different.push(format!("{name}: {figure}: expected {expected}, found {found} {}", outcome.stderr));
        }
    }
    different
}

#[test]
fn the_reports_of_every_account_say_what_was_worked_out_by_hand() {
    let accounts = accounts();
    assert!(!accounts.is_empty());
    let halves: Vec<_> = accounts.chunks(accounts.len().div_ceil(2)).map(<[PathBuf]>::to_vec).collect();
    let workers: Vec<_> = halves
        .into_iter()
        .map(|half| thread::spawn(move || half.iter().flat_map(|account| differences(account)).collect::<Vec<_>>()))
        .collect();
    let different: Vec<_> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}
