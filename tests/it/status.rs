//! `etl status`: how things stand, for a person and for a program that watches.

use crate::close::cloudnet;
use crate::project::Project;

#[test]
fn the_status_tells_how_new_the_data_are_what_is_open_and_which_months_are_closed() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    project.etl(&["close", "2024-03"]).exits(0);
    project.etl(&["close", "2024-04"]).exits(0);
    project.etl(&["reopen", "2024-04", "--reason", "a day early"]).exits(0);
    let told = project.etl(&["status"]).exits(0);
    for part in
        ["the newest data came 2025-01-02 04:00 UTC", "egress.invoice", "Exceptions\nnone", "closed with a later one"]
    {
        assert!(told.stdout.contains(part), "{part}: {}", told.stdout);
    }
    let json = project.etl(&["status", "--output", "json"]).exits(0).json();
    let months = json["months"].as_array().unwrap();
    let state = |month: &str| months.iter().find(|row| row["month"] == month).map(|row| row["state"].clone()).unwrap();
    assert_eq!([state("2024-02"), state("2024-03"), state("2024-04")], ["closed with a later one", "closed", "open"]);
    assert_eq!(months.iter().find(|row| row["month"] == "2024-04").unwrap()["times_reopened"], 1);
    assert_eq!(json["runs"][0]["status"], "done");
}

#[test]
fn data_that_are_older_than_they_may_be_are_exit_3_and_where_no_lake_is_there_is_no_status() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    project.etl(&["status", "--max-age", "720h"]).exits(3).says(&["the newest data came", "more than 30 days"]);
    project.etl(&["status", "--max-age", "a day"]).exits(2).says(&["90s"]);
    Project::new().etl(&["status"]).exits(2).says(&["no lake here"]);
}
