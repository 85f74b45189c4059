//! What README.md says to type, word for word.

use std::fs;
use std::path::Path;
use std::process::Command;

use simulator::account::Account;
use simulator::export;

use crate::project::{Outcome, Project};

/// The first block of commands below a heading.
fn commands(heading: &str) -> String {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/sources.md")).unwrap();
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

/// Types commands into a shell that finds the real binary.
fn typed(project: &Project, text: &str) -> Outcome {
    let binary = Path::new(env!("CARGO_BIN_EXE_etl")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-eu", "-c", text]).current_dir(project.path(".")).env("PATH", path);
    command.env("EXPORT", project.path("export/egress"));
    Outcome::of(&mut command)
}

#[test]
fn the_steps_for_own_export_files_end_with_their_reports() {
    let project = Project::new();
    export::export(&Account::sized(5, 500, 10), &project.path("export")).unwrap();
    let outcome = typed(&project, &commands("Your own export files")).exits(0);
    assert!(!outcome.stderr.contains("SAMPLE DATA"), "{}", outcome.stderr);
    assert!(project.path("acme/artifacts/manifest.json").is_file());
    assert!(project.read("acme/artifacts/manifest.json").contains(r#""data": "own""#));
    let billings = project.read("acme/artifacts/billings_by_plan.csv");
    assert!(billings.lines().count() > 1, "{billings}");
}
