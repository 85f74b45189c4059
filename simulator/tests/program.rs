//! The program itself: what it prints first, and that the committed sample is what it writes.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use support::csv::files;
use support::{ask_as, get};

const PROGRAM: &str = env!("CARGO_BIN_EXE_simulator");

#[test]
fn the_first_line_is_the_base_url_and_faults_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("faults.json");
    fs::write(&script, "[{\"path\":\"/v1/plans\",\"fault\":\"status\",\"status\":500}]").unwrap();
    let mut server = Command::new(PROGRAM)
        .args(["serve", "--customers", "20", "--seed", "7", "--limited-token", "narrow=/v1/plans", "--faults"])
        .arg(&script)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let base = line.trim();
    assert!(base.starts_with("http://127.0.0.1:"));
    let statuses = [get(base, "/v1/plans").status, get(base, "/v1/plans").status];
    let narrow = ask_as(base, Some("narrow"), "GET", "/v1/customers", "", "").status;
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!((statuses, narrow), ([500, 200], 403));
}

#[test]
fn a_script_that_says_nonsense_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("faults.json");
    fs::write(&script, "[{\"fault\":\"status\",\"code\":500}]").unwrap();
    let output = Command::new(PROGRAM).args(["serve", "--faults"]).arg(&script).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().contains("unknown field"));
}

#[test]
fn the_committed_sample_is_what_export_writes() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../landing/egress");
    if !committed.is_dir() {
        writeln!(std::io::stderr(), "skipped: no ../landing/egress beside the simulator").unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(Command::new(PROGRAM).arg("export").arg(folder.path()).status().unwrap().success());
    let written = folder.path().join("egress");
    let listed = |root: &Path| {
        let mut found = Vec::new();
        files(root, &mut found);
        let mut names: Vec<PathBuf> = found.iter().map(|path| path.strip_prefix(root).unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(listed(&written), listed(&committed));
    for name in listed(&written) {
        let same = fs::read(written.join(&name)).unwrap() == fs::read(committed.join(&name)).unwrap();
        assert!(same, "{} differs", name.display());
    }
}

#[test]
fn late_writes_the_second_delivery_alone() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Command::new(PROGRAM).args(["export", "--late"]).arg(folder.path()).status().unwrap().success());
    let made = tempfile::tempdir().unwrap();
    simulator::export::export_late(5, made.path()).unwrap();
    let (mut written, mut expected) = (Vec::new(), Vec::new());
    files(folder.path(), &mut written);
    files(made.path(), &mut expected);
    let read = |paths: &[PathBuf]| paths.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>();
    assert!(!written.is_empty() && read(&written) == read(&expected));
    let both =
        Command::new(PROGRAM).args(["export", "--late", "--customers", "20"]).arg(folder.path()).output().unwrap();
    assert!(String::from_utf8(both.stderr).unwrap().contains("cannot be used with"));
}
