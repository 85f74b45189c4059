//! The program itself: what it prints first, and that the committed sample is what it writes.

#![expect(clippy::unwrap_used, reason = "a failure is a failed test")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
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

/// A file's bytes; unpacked, because which library packs them is decided by the whole workspace.
fn bytes(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    if path.extension().is_none_or(|ending| ending != "gz") {
        return bytes;
    }
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
    unpacked
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
        assert!(bytes(&written.join(&name)) == bytes(&committed.join(&name)), "{} differs", name.display());
    }
}
