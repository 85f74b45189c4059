//! The sample account in the box: its files and answers are the simulator's, and its reports are the simulator's answers.

use std::fs;
use std::path::Path;

use simulator::account::Account;
use simulator::{answers, export};

use crate::canned::Canned;
use crate::project::{Outcome, Project, files};

/// The seed that `simulator export` has by default.
const SEED: u64 = 5;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The committed demo in a folder of its own, with settings changed.
fn demo(setting: &str, value: &str) -> Project {
    let project = Project::new();
    let settings = fs::read_to_string(Path::new(ROOT).join("pipeline.toml")).unwrap();
    assert!(settings.contains(setting), "{setting}");
    project.write("pipeline.toml", settings.replace(setting, value));
    for (name, bytes) in files(&Path::new(ROOT).join("landing/egress")) {
        project.deliver(&name, bytes);
    }
    project
}

#[test]
fn the_committed_export_is_what_the_simulator_makes() {
    let project = Project::new();
    fs::remove_dir_all(project.path("landing")).unwrap();
    export::export(&Account::sample(SEED), &project.path("landing")).unwrap();
    let committed = files(&Path::new(ROOT).join("landing/egress"));
    let made = project.files("landing/egress");
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
    for threads in [1, 4] {
        let project = demo("#threads = 4", &format!("threads = {threads}"));
        let run = project.run(&["--source", "egress"]).exits(0).says(&["SAMPLE DATA"]);
        assert!(run.stdout.contains("SAMPLE DATA"), "{}", run.stdout);
        for (report, text) in &expected {
            assert_eq!(project.artifact(report), *text, "{report}, {threads} threads");
        }
        assert_eq!(project.rows("select count(*) from etl.quarantine"), ["0"]);
    }
}

#[test]
fn the_demo_needs_no_network_and_no_token_and_makes_the_same_bytes_again() {
    // Whatever leaves this machine would come by here.
    let outside = Canned::new(|_| (500, "", String::new()));
    let run = |project: &Project| {
        let mut command = project.command(&["run"]);
        for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env(name, &outside.base_url);
        }
        Outcome::of(&mut command).exits(0).counts_as_english_does()
    };
    let (one, other) = (demo("", ""), demo("", ""));
    let first = run(&one);
    for said in [&first.stdout, &first.stderr] {
        assert!(said.contains("SAMPLE DATA") && said.contains("simulator"), "{said}");
    }
    assert!(one.read("artifacts/manifest.json").contains("simulator"));
    assert_ne!(one.rows("select count(*) from api.invoices"), ["0"]);
    // The manifest says which run it was, and each one is another: it has asked again.
    let csvs = |project: &Project| -> Vec<_> {
        project.files("artifacts").into_iter().filter(|(name, _)| name.ends_with(".csv")).collect()
    };
    let made_from = || -> serde_json::Value {
        let manifest: serde_json::Value = serde_json::from_str(&one.read("artifacts/manifest.json")).unwrap();
        manifest["artifacts"].clone()
    };
    let (artifacts, made) = (csvs(&one), made_from());
    run(&one);
    assert!(csvs(&one) == artifacts, "the same run again made other bytes");
    assert_eq!(made_from(), made, "reports were made again though no answer was another");
    run(&other);
    assert!(csvs(&other) == artifacts, "another folder made other bytes");
    assert_eq!(outside.asked(), 0);
}

#[test]
fn every_report_of_the_sample_has_rows_and_restatements_do_once_a_month_is_closed_and_more_of_it_comes() {
    let project = demo("", "").whole();
    let rows = |report: &str| project.artifact(report).lines().count() - 1;
    project.run(&["--source", "egress"]).exits(0);
    let reports = project.names("artifacts");
    let reports = reports.iter().filter_map(|name| name.strip_suffix(".csv"));
    assert_eq!(reports.filter(|report| rows(report) == 0).collect::<Vec<_>>(), ["books_comparison", "restatements"]);
    project.etl(&["close", "2024-02", "--source", "egress"]).exits(0);
    export::export_late(SEED, &project.path("landing")).unwrap();
    project.run(&["--source", "egress"]).exits(0);
    assert_ne!(rows("restatements"), 0);
}

#[test]
fn export_files_alone_and_with_the_api_tell_of_the_same_revenue() {
    let project = demo("", "").whole();
    let made = |sources: &str| {
        project.run(&["--source", sources]).exits(0);
        ["revenue_schedule", "deferred_revenue_waterfall", "breakage", "overage_and_trueup", "balance_rollforward"]
            .map(|report| project.artifact(report))
    };
    // Among it a true-up, whose line the API calls a purchase.
    let files = made("egress");
    assert!(files[0].contains(",true_up,USD,"), "{}", files[0]);
    assert_eq!(made("egress,api"), files);
}
