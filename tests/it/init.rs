//! `etl init`: a folder to begin with, and nothing overwritten.

use crate::project::{Outcome, Project};

#[test]
fn a_new_folder_has_settings_and_a_place_for_export_files_and_is_told_what_to_do_next() {
    let project = Project::new();
    let made = project.etl(&["init", "new/mine"]).exits(0);
    assert_eq!(project.names("new"), ["mine/.gitignore", "mine/pipeline.toml"]);
    assert!(project.path("new/mine/landing/egress").is_dir());
    for part in ["cd new/mine", "METRONOME_BEARER_TOKEN", "landing/egress", "etl check", "etl run"] {
        assert!(made.stdout.contains(part), "{part:?} is not in\n{}", made.stdout);
    }
    for ignored in ["/landing/", "/lake/", "/artifacts/", "/closes/", "/token"] {
        assert!(project.read("new/mine/.gitignore").lines().any(|line| line == ignored), "{ignored}");
    }
}

#[test]
fn what_was_written_is_read_by_every_command_that_needs_no_token() {
    let project = Project::new();
    project.etl(&["init", "mine"]).exits(0);
    let run = |args: &[&str]| Outcome::of(project.command(args).current_dir(project.path("mine")));
    project.write("mine/landing/egress/customer.csv", "id\nc1\n");
    run(&["run", "--stage", "normalize"]).exits(0);
    run(&["sql", "-c", "select 1 as one"]).exits(0);
}

#[test]
fn settings_that_are_there_are_not_overwritten_and_nothing_is_made_beside_them() {
    let project = Project::new();
    project.write("mine/pipeline.toml", "mine");
    let refused = project.etl(&["init", "mine"]).exits(2).says(&["mine/pipeline.toml", "not overwritten", "hint: "]);
    assert_eq!(refused.stdout, "");
    assert_eq!(project.files("mine"), [("pipeline.toml".to_owned(), b"mine".to_vec())]);
    assert!(!project.path("mine/landing").exists());
    project.write("file", "");
    project.etl(&["init", "file"]).exits(2).says(&["file is a file where a folder is to be"]);
}

#[test]
fn files_that_are_there_stay_as_they_are() {
    let project = Project::new();
    project.write("mine/.gitignore", "mine\n");
    project.write("mine/landing/egress/customer.csv", "id\nc1\n");
    let made = project.etl(&["init", "mine"]).exits(0);
    assert!(made.stdout.contains("its .gitignore stays as it was"), "{}", made.stdout);
    assert_eq!(project.read("mine/.gitignore"), "mine\n");
    assert_eq!(project.read("mine/landing/egress/customer.csv"), "id\nc1\n");
}

#[test]
fn neither_broken_settings_nor_variables_keep_it_from_being_made() {
    let project = Project::new();
    project.write("pipeline.toml", "no_such_key = 1");
    let made =
        Outcome::of(project.command(&["init", "mine", "--output", "json"]).env("ETL_SOURCE", "nonesuch")).exits(0);
    assert_eq!(made.json()["pipeline"], "mine/pipeline.toml");
    let quiet = project.etl(&["init", "other", "-q"]).exits(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}
