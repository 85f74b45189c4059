//! A run that is ended in the middle: what was answered is not asked for again, and the lake ends as if nothing had been.

use std::fs;
use std::process::{Child, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use simulator::Options;
use simulator::random::Draw;

use crate::account::{Account, DAYS, assert_same, business, live};
use crate::project::Project;

const KILLS: u64 = 10;
/// Requests a second, and so the answers of the last second before a kill: those may be asked for again.
const RATE: u64 = 40;
/// Requests under way at once.
const CONCURRENCY: u64 = 4;

/// An account that is read no faster than [`RATE`].
fn slow() -> Account {
    Account::new(live(24), &format!("rate = \"{RATE}/s\"\nconcurrency = {CONCURRENCY}"))
}

/// Everything that can be read, and what that took.
static UNDISTURBED: LazyLock<(Vec<String>, u64)> = LazyLock::new(|| {
    let account = Account::new(live(24), "");
    account.extract_all().exits(0);
    let counts = account.server.counts().total();
    assert_eq!(counts.repeated, 0);
    (business(&account.project, &[]), counts.requests)
});

/// A run in the background.
fn begin(account: &Account) -> Child {
    let mut command = account.command(&[&["run", "--stage", "extract"][..], &DAYS].concat());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits until so many more requests have come. False where the run ended before.
fn wait_for(account: &Account, child: &mut Child, more: u64) -> bool {
    let until = account.server.counts().total().requests + more;
    let begun = Instant::now();
    while account.server.counts().total().requests < until {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no request comes");
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

fn signal(child: &Child, name: &str) {
    let killed = std::process::Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}

/// A run that was cut off after so many requests.
fn cut_off(account: &Account, requests: u64) {
    let mut child = begin(account);
    assert!(wait_for(account, &mut child, requests), "the run ended before it could be cut off");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn killed_again_and_again_it_repeats_what_was_under_way_and_the_lake_is_the_same() {
    let (rows, requests) = &*UNDISTURBED;
    let account = slow();
    let mut draw = Draw::new(11, 0, 0);
    let (mut kills, mut most, mut before) = (0, 0, 0);
    for _ in 0..KILLS {
        let mut child = begin(&account);
        if !wait_for(&account, &mut child, 1 + draw.index(*requests as usize / 8) as u64) {
            break;
        }
        std::thread::sleep(Duration::from_millis(draw.index(30) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        let repeated = account.server.counts().total().repeated;
        (most, before) = (most.max(repeated - before), repeated);
    }
    account.extract_all().exits(0).says(&["goes on with extraction"]);
    let counts = account.server.counts().total();
    eprintln!(
        "{kills} kills, {} requests of {requests}, {} repeated, at most {most} after a kill",
        counts.requests, counts.repeated
    );
    assert!(kills > 3, "{kills}");
    assert!(most <= RATE + CONCURRENCY, "{most} requests repeated after a kill");
    assert_same(&business(&account.project, &[]), rows, "killed and undisturbed");
    assert_eq!(account.project.rows("select count(distinct extraction_id) from etl.extractions"), ["1"]);
    let answers = "select count(*) from raw.api_responses";
    assert_eq!(account.project.rows(answers), [requests.to_string()]);
}

#[test]
fn killed_while_the_lake_is_written_it_is_the_same_in_the_end() {
    let account = Account::new(live(24), "");
    account.extract_all().exits(0);
    let Account { project, server } = account;
    drop(server);
    fs::remove_dir_all(project.path("lake")).unwrap();
    let mut draw = Draw::new(12, 0, 0);
    for _ in 0..4 {
        let mut command = project.command(&["run", "--stage", "normalize"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(100 + draw.index(900) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    project.normalize();
    assert_same(&business(&project, &[]), &UNDISTURBED.0, "killed and undisturbed");
}

#[test]
fn told_to_end_it_ends_soon_and_goes_on_the_next_time() {
    let account = slow();
    let mut child = begin(&account);
    assert!(wait_for(&account, &mut child, 30));
    let begun = Instant::now();
    signal(&child, "-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    account.extract_all().exits(0).says(&["goes on with extraction"]);
    let repeated = account.server.counts().total().repeated;
    assert!(repeated <= RATE + CONCURRENCY, "{repeated} requests repeated");
    assert_eq!(account.project.rows("select count(distinct extraction_id) from etl.extractions"), ["1"]);
}

#[test]
fn out_of_time_it_says_so_and_goes_on_the_next_time() {
    let account = Account::new(
        Options { latency: Duration::from_millis(50), ..live(24) },
        "concurrency = 2\nrun_timeout = \"1s\"",
    );
    let ended = account.extract("api.customers,api.invoices,api.balances").exits(75);
    ended.says(&["reading the API took longer than 1s", "hint: what is read stays read"]);
    let settings = account.project.read("pipeline.toml").replace("run_timeout = \"1s\"", "");
    account.project.write("pipeline.toml", settings);
    account.extract("api.customers,api.invoices,api.balances").exits(0).says(&["goes on with extraction"]);
    let repeated = account.server.counts().total().repeated;
    assert!(repeated <= 2, "{repeated} requests repeated: what had come is kept");
}

#[test]
fn what_was_asked_for_other_tables_is_left_alone() {
    let account = slow();
    cut_off(&account, 20);
    account.extract("api.plans").exits(0).says(&["was cut off, but asked for other things"]);
    assert_eq!(account.project.rows("select count(distinct extraction_id) from etl.extractions"), ["1"]);
}

/// The journals of a project by the length they have, the longest first.
fn journals(project: &Project) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<_> =
        project.files("landing/api").into_iter().filter(|(name, _)| name.ends_with(".journal.zst")).collect();
    found.sort_by_key(|(_, bytes)| std::cmp::Reverse(bytes.len()));
    found
}

#[test]
fn an_answer_that_was_cut_off_on_the_disk_is_asked_for_again() {
    for cut in [1, 40] {
        let account = slow();
        cut_off(&account, 60);
        let before = account.server.counts().total().repeated;
        assert_eq!(before, 0);
        let (name, bytes) = journals(&account.project).remove(0);
        account.project.write(&format!("landing/api/{name}"), &bytes[..bytes.len() - cut]);
        account.extract_all().exits(0).says(&["goes on with extraction"]);
        let repeated = account.server.counts().total().repeated;
        assert!((1..=RATE + CONCURRENCY).contains(&repeated), "{repeated} requests repeated");
        assert_same(&business(&account.project, &[]), &UNDISTURBED.0, "cut off and undisturbed");
    }
}

#[test]
fn a_byte_that_changed_in_a_journal_is_damage_and_no_answer() {
    let account = slow();
    cut_off(&account, 40);
    let (name, bytes) = journals(&account.project).remove(0);
    let path = format!("landing/api/{name}");
    // In the mark, and in the first answer.
    for place in [3, 40, 200] {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        account.project.write(&path, &changed);
        let before = account.server.counts().total().requests;
        let damaged = account.extract_all().exits(5);
        damaged.says(&[&name, "answer 1", "hint: "]);
        assert_eq!(account.server.counts().total().requests, before, "nothing is asked");
    }
}

#[test]
fn a_whole_extraction_that_lost_something_on_the_disk_is_never_taken_for_whole() {
    let account = Account::small();
    account.extract("api.customers,api.invoices").exits(0);
    let Account { project, server } = account;
    drop(server);
    let before = business(&project, &["invoices"]);
    let name = journals(&project).into_iter().find(|(name, _)| name.contains("/invoices.")).unwrap().0;
    let path = format!("landing/api/{name}");
    let bytes = fs::read(project.path(&path)).unwrap();
    // Where the second answer begins: behind the mark, the length and the frame of the first.
    let second = 12 + u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize;
    let changed = |place: usize, bit: u8| {
        let mut changed = bytes.clone();
        changed[place] ^= bit;
        changed
    };
    for (what, changed) in [
        ("a byte of an answer", changed(60, 1)),
        ("a byte of a mark", changed(second + 2, 1)),
        ("a length, to less", changed(second + 8, 1)),
        ("a length, to more than there is", changed(second + 10, 0x40)),
        ("cut in an answer", bytes[..second + 50].to_vec()),
        ("cut between two answers", bytes[..second].to_vec()),
        ("empty", Vec::new()),
    ] {
        project.write(&path, &changed);
        for flags in [&["--stage", "normalize"][..], &["--stage", "normalize", "--full-refresh"]] {
            let damaged = project.run(flags);
            assert_eq!(damaged.code, 5, "{what}: {damaged:?}");
            damaged.says(&["invoices.journal.zst", "answer", "hint: "]);
        }
        assert_same(&business(&project, &["invoices"]), &before, what);
    }
    project.write(&path, &bytes);
    project.run(&["--stage", "normalize", "--full-refresh"]).exits(0);
    assert_same(&business(&project, &["invoices"]), &before, "as it was");
}
