//! `etl check`: finds what is wrong before anything is read, and writes nothing.

use crate::project::Project;

#[test]
fn a_sound_project_is_told_what_was_found_and_nothing_is_written() {
    let project = Project::with(&[("customer.csv", "id\nc1\n"), ("notes.txt", "")]);
    let before = project.files(".");
    let text = project.etl(&["check"]).exits(0).stdout;
    for part in ["pipeline.toml", "files planned on empty tables", "1 export file\n", "notes.txt", "a run will make it"]
    {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let json = project.etl(&["check", "--output", "json"]).exits(0).json();
    assert_eq!((&json["export_files"], &json["unmatched_files"][0]), (&1.into(), &"notes.txt".into()));
    assert_eq!(project.files("."), before);
    assert!(!project.path("lake").exists() && !project.path("artifacts").exists());
}

#[test]
fn what_a_run_would_refuse_is_refused_and_metrics_that_say_nothing_get_a_proposal() {
    let project = Project::new().whole();
    let marts = "-- One.\n--\n-- grain a\n-- params $since date\n-- columns\n--   a  date  a day\nselect $since as a\n";
    project.write("sql/marts/mine.sql", marts);
    project
        .etl(&["check"])
        .exits(2)
        .says(&["sql/marts/mine.sql: the parameter `since` has no value", "--param since=VALUE"]);
    project.etl(&["check", "--param", "since=2024-03-01"]).exits(0);
    std::fs::remove_dir_all(project.path("sql")).unwrap();
    project.deliver("statement.csv", "id\nx\n");
    project.etl(&["check"]).exits(3).says(&["statement.csv", "belongs to no table"]);
    project.add_settings("[quality]\nunknown_files = \"warn\"");
    let checked = project.etl(&["check"]).exits(0);
    assert!(checked.stdout.contains("not read: statement.csv"), "{}", checked.stdout);
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
