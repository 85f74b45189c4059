//! The published folder: a whole set, described by its manifest, the same bytes for the same inputs.

use std::fs;

use sha2::{Digest, Sha256};

use crate::project::Project;

fn events(images: u32) -> String {
    format!("transaction_id,timestamp,properties\nt1,2024-03-12,\"{{image_size=256x256, num_images={images}}}\"\n")
}

fn project() -> Project {
    Project::with(&[("events.csv", &events(5)), ("customer.csv", "id,name\nc1,A1 Company\n")])
}

#[test]
fn the_manifest_describes_every_file_and_what_it_was_made_from() {
    let project = project();
    let run = project.run(&["--param", "images_from=2024-03-01", "--output", "json"]).exits(0).json();
    let manifest: serde_json::Value = serde_json::from_str(&project.read("artifacts/manifest.json")).unwrap();
    assert_eq!(manifest["run_id"], run["run_id"]);
    assert_eq!(manifest["parameters"]["images_from"], "2024-03-01");
    assert_eq!(manifest["parameters"]["billing_month"], "2024-03");
    assert_eq!(manifest["versions"]["egress.events"], 0);
    let described = manifest["artifacts"].as_object().unwrap();
    let names: Vec<_> = described.keys().map(String::as_str).collect();
    let csvs = ["billings_by_plan.csv", "customer_summary.csv", "images_by_size.csv", "invoice_charges.csv"];
    let expected = [&csvs[..1], &["close_pack.xlsx"], &csvs[1..]].concat();
    assert_eq!(names, [&expected[..], &["report.html"]].concat());
    for (name, artifact) in described {
        let bytes = fs::read(project.path(&format!("artifacts/{name}"))).unwrap();
        let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(artifact["sha256"], sha256, "{name}");
        assert_eq!(artifact["size_bytes"], bytes.len());
    }
    for name in csvs {
        let (text, artifact) = (project.read(&format!("artifacts/{name}")), &described[name]);
        assert_eq!(artifact["rows"], text.lines().count() - 1);
    }
    assert_eq!(project.names("artifacts"), [&expected[..], &["manifest.json", "report.html"]].concat());
    let versions = project.rows("select versions from etl.runs");
    assert!(versions[0].contains("egress.events"), "{versions:?}");
}

#[test]
fn the_set_is_replaced_whole_and_what_is_not_ours_stays() {
    let project = project();
    project.write("artifacts/notes/closing.txt", "not ours");
    project.write("artifacts/older_report.csv", "not ours either");
    project.run(&["--report", "images_by_size"]).exits(0);
    project.run(&["--report", "billings_by_plan"]).exits(0);
    let expected = [
        "billings_by_plan.csv",
        "close_pack.xlsx",
        "images_by_size.csv",
        "manifest.json",
        "notes/closing.txt",
        "older_report.csv",
        "report.html",
    ];
    assert_eq!(project.names("artifacts"), expected);
    assert_eq!(project.read("artifacts/notes/closing.txt"), "not ours");
    let manifest: serde_json::Value = serde_json::from_str(&project.read("artifacts/manifest.json")).unwrap();
    assert_eq!(manifest["artifacts"].as_object().unwrap().len(), 4, "a report made by another run is still described");

    // What somebody changed is put right by the next run, though the lake has not changed.
    project.write("artifacts/images_by_size.csv", "changed by hand");
    fs::remove_file(project.path("artifacts/billings_by_plan.csv")).unwrap();
    project.run(&["--report", "images_by_size,billings_by_plan"]).exits(0);
    assert_eq!(project.artifact("images_by_size"), "image_size,image_count\n256x256,5\n");
    assert!(project.path("artifacts/billings_by_plan.csv").exists());
    let beside: Vec<_> = fs::read_dir(project.path(".")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(beside.iter().all(|name| !name.to_string_lossy().starts_with('.')), "leftovers: {beside:?}");
}

#[test]
fn stages_one_by_one_end_as_all_at_once_and_a_second_run_writes_nothing() {
    let (at_once, by_stage) = (project(), project());
    at_once.run(&[]).exits(0);
    for stage in ["extract", "normalize", "transform", "load"] {
        by_stage.run(&["--stage", stage]).exits(0);
    }
    let reports = |project: &Project| {
        ["billings_by_plan", "images_by_size", "invoice_charges"].map(|report| project.artifact(report))
    };
    assert_eq!(reports(&at_once), reports(&by_stage));
    let before = at_once.files("artifacts");
    let run = at_once.run(&["--output", "json"]).exits(0);
    assert_eq!(run.json()["status"], "unchanged");
    assert_eq!(at_once.files("artifacts"), before);
}

#[test]
fn a_report_that_was_never_made_cannot_be_loaded() {
    let project = project();
    project.run(&["--stage", "normalize"]).exits(0);
    project.run(&["--stage", "load"]).exits(2).says(&["has not been made", "--stage transform"]);
    assert!(!project.path("artifacts").exists());
}

#[test]
fn each_artifact_says_what_it_was_made_from_also_when_only_some_are_made_anew() {
    let project = project();
    project.run(&[]).exits(0);
    project.run(&["--report", "images_by_size", "--param", "images_from=2024-03-13"]).exits(0);
    let manifest: serde_json::Value = serde_json::from_str(&project.read("artifacts/manifest.json")).unwrap();
    let from = |name: &str| manifest["artifacts"][name]["made_from"]["parameters"].clone();
    assert_eq!(from("images_by_size.csv")["images_from"], "2024-03-13");
    assert_eq!(from("billings_by_plan.csv")["billing_month"], "2024-03");
    assert_eq!(project.artifact("images_by_size"), "image_size,image_count\n256x256,0\n");
}

#[test]
fn a_link_stays_a_link_and_folders_beside_the_artifacts_are_left_alone() {
    let project = project();
    fs::create_dir_all(project.path("share")).unwrap();
    std::os::unix::fs::symlink(project.path("share"), project.path("artifacts")).unwrap();
    fs::create_dir(project.path(".share-archive")).unwrap();
    for from in ["2024-03-01", "2024-03-13"] {
        project.run(&["--param", &format!("images_from={from}")]).exits(0);
    }
    assert!(fs::symlink_metadata(project.path("artifacts")).unwrap().is_symlink());
    assert_eq!(project.read("share/images_by_size.csv"), "image_size,image_count\n256x256,0\n");
    assert!(project.path(".share-archive").is_dir());
}
