//! Transfers that the vendor's manifests tell of: what is not whole is named and waits.

use crate::project::Project;

const HEADER: &str = "id,name,updated_at,environment_type\n";

fn customer(project: &Project, day: u32, part: u32) {
    let id = 10 * day + part;
    let name = format!("customer/dt=2024-03-0{day}/{part}_2024030{day}000000.csv");
    project.deliver(&name, format!("{HEADER}c{id},C{id},2024-03-0{day}T00:00:00Z,PRODUCTION\n"));
}

/// The manifest of a day, which names these parts.
fn manifest(project: &Project, day: u32, parts: &[u32]) {
    let files: Vec<_> = parts
        .iter()
        .map(|part| format!(r#"{{"data_file_key":"export/customer/dt=2024-03-0{day}/{part}_2024030{day}000000.csv"}}"#))
        .collect();
    let text = format!(r#"{{"transfer_id":"{day}","files":[{}]}}"#, files.join(","));
    project.deliver(&format!("_manifests/customer/dt=2024-03-0{day}/manifest_{day}.json"), text);
}

fn ids(project: &Project) -> Vec<String> {
    project.rows("select id from egress.customer order by id")
}

#[test]
fn files_count_once_their_transfer_is_whole_and_those_before_the_first_manifest_as_they_come() {
    let project = Project::new();
    customer(&project, 1, 1);
    customer(&project, 2, 1);
    manifest(&project, 2, &[1, 2]);
    let run = project.run(&["--stage", "normalize"]).exits(0);
    let waits = "1 file of customer is of a transfer that is not whole and is not read: \
                 customer/dt=2024-03-02/1_20240302000000.csv: its manifest names \
                 export/customer/dt=2024-03-02/2_20240302000000.csv, which is not there";
    assert!(run.stdout.contains(waits), "{}", run.stdout);
    assert_eq!(ids(&project), ["c11"]);
    assert!(project.etl(&["plan"]).exits(0).stdout.contains(waits));

    customer(&project, 2, 2);
    project.run(&["--stage", "normalize"]).exits(0);
    assert_eq!(ids(&project), ["c11", "c21", "c22"]);
}

#[test]
fn a_transfer_without_its_manifest_waits_once_a_table_has_had_one() {
    let project = Project::new();
    customer(&project, 2, 1);
    manifest(&project, 2, &[1]);
    customer(&project, 3, 1);
    let run = project.run(&["--stage", "normalize"]).exits(0);
    assert!(run.stdout.contains("no manifest names it yet"), "{}", run.stdout);
    assert_eq!(ids(&project), ["c21"]);

    project.deliver("_manifests/customer/dt=2024-03-03/manifest_3.json", r#"{"files": [{"data_f"#);
    let run = project.run(&["--stage", "normalize"]).exits(0);
    assert!(run.stdout.contains("its manifest cannot be read"), "{}", run.stdout);
    manifest(&project, 3, &[1]);
    let run = project.run(&["--stage", "normalize"]).exits(0);
    assert!(!run.stdout.contains("not whole"), "{}", run.stdout);
    assert_eq!(ids(&project), ["c21", "c31"]);
}

#[test]
fn what_the_lake_has_taken_is_not_held_against_manifests_again() {
    let project = Project::new();
    customer(&project, 2, 1);
    customer(&project, 2, 2);
    project.run(&["--stage", "normalize"]).exits(0);
    manifest(&project, 2, &[1, 3]);
    let run = project.run(&["--stage", "normalize", "--full-refresh"]).exits(0);
    assert!(!run.stdout.contains("not whole"), "{}", run.stdout);
    assert_eq!(ids(&project), ["c21", "c22"]);
}
