//! The sample account in the box: its files are the simulator's, and its reports are the simulator's answers.

use std::fs;
use std::path::Path;

use simulator::account::Account;
use simulator::{answers, export};

use crate::project::Project;

/// The seed that `simulator export` has by default.
const SEED: u64 = 5;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_committed_export_is_what_the_simulator_makes() {
    let project = Project::new();
    fs::remove_dir_all(project.path("landing")).unwrap();
    export::export(&Account::sample(SEED), &project.path("landing")).unwrap();
    let committed = crate::project::files(&Path::new(ROOT).join("landing"));
    let made = project.files("landing");
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&made));
    for ((name, committed), (_, made)) in committed.iter().zip(&made) {
        assert!(committed == made, "{name} is not what `simulator export` makes");
    }
}

#[test]
fn the_sample_s_reports_are_its_known_answers_with_any_number_of_threads() {
    let account = Account::sample(SEED);
    let invoices = account.invoices();
    let expected = [
        ("images_by_size", answers::images_by_size(&account)),
        ("invoice_charges", answers::invoice_charges(&account, &invoices)),
        ("billings_by_plan", answers::billings_by_plan(&account, &invoices)),
    ];
    let settings = fs::read_to_string(Path::new(ROOT).join("pipeline.toml")).unwrap();
    for threads in [1, 4] {
        let project = Project::new();
        project.write("pipeline.toml", settings.replace("#threads = 4", &format!("threads = {threads}")));
        fs::remove_dir_all(project.path("landing")).unwrap();
        std::os::unix::fs::symlink(Path::new(ROOT).join("landing"), project.path("landing")).unwrap();
        let run = project.run(&[]).exits(0).says(&["SAMPLE DATA"]);
        assert!(run.stdout.contains("SAMPLE DATA"), "{}", run.stdout);
        for (report, text) in &expected {
            assert_eq!(project.artifact(report), *text, "{report}, {threads} threads");
        }
        assert_eq!(project.rows("select count(*) from etl.quarantine"), ["0"]);
    }
}
