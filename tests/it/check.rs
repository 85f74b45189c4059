//! `etl check`: finds what is wrong before anything is read, and writes nothing.

use crate::project::Project;

#[test]
fn a_sound_project_is_told_what_was_found_and_nothing_is_written() {
    let project = Project::with(&[("customer.csv", "id\nc1\n"), ("notes.txt", "")]);
    let before = project.files(".");
    let text = project.etl(&["check"]).exits(0).stdout;
    for part in ["pipeline.toml", "files planned on empty tables", "1 export files", "notes.txt", "a run will make it"]
    {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let json = project.etl(&["check", "--output", "json"]).exits(0).json();
    assert_eq!((&json["export_files"], &json["unmatched_files"][0]), (&1.into(), &"notes.txt".into()));
    assert_eq!(project.files("."), before);
    assert!(!project.path("lake").exists() && !project.path("artifacts").exists());
}

#[test]
fn parameters_without_a_value_are_named_and_are_no_error_yet() {
    let project = Project::new();
    project.write("pipeline.toml", "");
    let text = project.etl(&["check"]).exits(0).stdout;
    for name in ["billing_month", "customer_name", "images_from"] {
        assert!(text.contains(&format!("{name} has no value")), "{text}");
    }
}

#[test]
fn places_that_cannot_be_used_are_usage_errors() {
    let project = Project::new();
    project.write("file", "");
    project.etl(&["check", "--landing", "nonesuch"]).exits(2).says(&["nonesuch"]);
    project.etl(&["check", "--lake", "file"]).exits(2).says(&["file"]);
    project.etl(&["check", "--artifacts", "file"]).exits(2).says(&["file"]);
}

#[test]
fn a_place_below_a_file_is_a_usage_error() {
    let project = Project::new();
    project.write("file", "");
    project.etl(&["check", "--artifacts", "file/below"]).exits(2).says(&["file"]);
}
