//! Each exit code, made to happen. 0, 2 and 3 are all over the other modules; 4 belongs to a source that asks for
//! credentials, and no source does yet.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::project::Project;

fn project() -> Project {
    Project::with(&[("customer.csv", "id,name\nc1,A1 Company\n"), ("invoice.csv", "id,total\ni1,0\n")])
}

#[test]
fn artifacts_that_cannot_be_written_exit_1_and_the_lake_is_ready_for_the_next_run() {
    let project = project();
    project.write("taken", "a file where a folder above the artifacts is to be");
    let into_it = ["--report", "images_by_size", "--artifacts", "taken/artifacts"];
    project.run(&into_it).exits(1).says(&["taken"]);
    fs::remove_file(project.path("taken")).unwrap();
    project.run(&into_it).exits(0);
    assert_eq!(project.read("taken/artifacts/images_by_size.csv"), "image_size,image_count\n");
}

#[test]
fn a_file_where_the_artifacts_are_to_be_exits_2_before_anything_is_touched() {
    let project = project();
    project.write("artifacts", "a file where the folder is to be");
    project.run(&["--report", "images_by_size"]).exits(2).says(&["artifacts"]);
    assert!(!project.path("lake").exists());
    let names: Vec<_> = project.names(".").into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(names.is_empty(), "{names:?}");
}

#[test]
fn a_lake_file_that_is_gone_or_cut_off_exits_5_and_is_named() {
    let project = project();
    project.run(&["--report", "billings_by_plan"]).exits(0);
    let artifacts = project.files("artifacts");
    let name = project.names("lake/egress/customer").into_iter().find(|name| name.ends_with(".parquet")).unwrap();
    let path = project.path(&format!("lake/egress/customer/{name}"));
    let bytes = fs::read(&path).unwrap();
    let another_month = ["--report", "billings_by_plan", "--param", "billing_month=2024-04"];

    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    project.run(&another_month).exits(5).says(&[&name, "hint:"]);
    fs::remove_file(&path).unwrap();
    project.run(&another_month).exits(5).says(&[&name, "is gone"]);
    project.etl(&["sql", "-c", "select * from egress.customer"]).exits(5).says(&[&name]);
    project.deliver("customer/dt=2024-04-01/1_20240401040000.csv", "id,name\nc2,Other\n");
    project.run(&["--report", "billings_by_plan"]).exits(5).says(&[&name]);
    assert_eq!(project.files("artifacts"), artifacts);

    fs::write(&path, &bytes).unwrap();
    project.run(&["--report", "billings_by_plan"]).exits(0);
}

#[test]
fn a_lake_that_another_run_writes_exits_75_and_is_left_alone() {
    let project = project();
    fs::create_dir(project.path("lake")).unwrap();
    let lock = OpenOptions::new().create(true).truncate(false).write(true).open(project.path("lake/_lock")).unwrap();
    lock.lock().unwrap();
    project.run(&["--stage", "normalize"]).exits(75).says(&["another run"]);
    assert!(!project.path("lake/egress").exists());
    drop(lock);
    project.normalize();
    let lock = OpenOptions::new().write(true).open(project.path("lake/_lock")).unwrap();
    lock.lock().unwrap();
    project.run(&["--stage", "normalize"]).exits(75).says(&["another run"]);
    assert_eq!(project.rows("select count(*) from egress.customer"), ["1"], "reading needs no lock");
}

#[test]
fn a_run_waits_for_another_as_long_as_it_is_told_to() {
    let project = project();
    project.normalize();
    let lock = OpenOptions::new().write(true).open(project.path("lake/_lock")).unwrap();
    lock.lock().unwrap();
    let begun = Instant::now();
    project.run(&["--stage", "normalize", "--wait-lock", "1s"]).exits(75).says(&["another run", "waiting: "]);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let freed = thread::spawn(move || {
        thread::sleep(Duration::from_secs(1));
        drop(lock);
    });
    project.run(&["--stage", "normalize", "--wait-lock", "1m"]).exits(0);
    freed.join().unwrap();
    project.run(&["--wait-lock", "soon"]).exits(2).says(&["`--wait-lock`", "a whole number of s, m or h"]);
}

#[test]
fn a_signal_ends_a_run_with_its_code_and_the_next_run_goes_well() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let project = project();
        // A file that takes a while: in a build without optimisation some seconds.
        let lines: String = (0..400_000).map(|line| format!("l{line},i{line},{line}.25\n")).collect();
        project.deliver("line_item.csv", format!("id,invoice_id,total\n{lines}"));
        let mut child = project.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let reading = lines.find(|line| line.as_ref().unwrap().contains("reading 1 file of egress.line_item"));
        assert!(reading.is_some());
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        let rest: Vec<_> = lines.map(Result::unwrap).collect();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{rest:?}");
        assert!(!rest.iter().any(|line| line.contains("panicked")), "{rest:?}");
        assert!(!project.path("artifacts").exists());
        let asked = project.etl(&["sql", "-c", "select count(*) from egress.customer"]);
        asked.exits(2).says(&["no lake here"]);

        project.deliver("line_item.csv", "id,invoice_id,total\n");
        project.run(&["--report", "images_by_size"]).exits(0);
        assert_eq!(project.rows("select count(*) from egress.customer"), ["1"]);
        assert!(!project.path("lake/_staging").exists());
    }
}

#[test]
fn a_lake_file_of_other_bytes_and_the_same_size_exits_5_and_is_named() {
    let project = project();
    project.run(&["--report", "billings_by_plan"]).exits(0);
    let name = project.names("lake/egress/customer").into_iter().find(|name| name.ends_with(".parquet")).unwrap();
    let path = project.path(&format!("lake/egress/customer/{name}"));
    let mut bytes = fs::read(&path).unwrap();
    bytes[4..400].fill(0);
    fs::write(&path, bytes).unwrap();
    project.etl(&["sql", "-c", "select * from egress.customer"]).exits(5).says(&[&name]);
    project.run(&["--report", "billings_by_plan", "--param", "billing_month=2024-04"]).exits(5).says(&[&name]);
}

#[test]
fn a_lake_table_that_is_gone_exits_5_also_when_a_new_file_of_it_arrives() {
    let project = project();
    project.normalize();
    fs::remove_dir_all(project.path("lake/egress/customer")).unwrap();
    project.deliver("customer/dt=2024-04-01/1_20240401040000.csv", "id,name\nc2,Other\n");
    project.run(&["--stage", "normalize"]).exits(5).says(&["egress.customer"]);
}
