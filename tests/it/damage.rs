//! A lake that is not as a run left it is noticed by every reader, exit 5, whatever of it is gone or changed.

use std::fs;
use std::path::PathBuf;

use crate::project::Project;

fn project() -> Project {
    let project = Project::with(&[
        ("customer.csv", "id,name\nc1,One\nc2,Two\n"),
        ("events.csv", "transaction_id,timestamp\ne1,2024-03-10 0:00:00\ne2,2024-02-10 0:00:00\n"),
    ]);
    project.run(&[]).exits(0);
    project.deliver("customer/dt=2024-03-02/1_20240302000000.csv", "id,name\nc3,Three\n");
    project.run(&[]).exits(0);
    project
}

/// The folder of each kind of table, and what asks for its rows.
const TABLES: [(&str, &str); 6] = [
    ("lake/egress/customer", "egress.customer"),
    ("lake/egress/events", "current.events"),
    ("lake/etl/files", "etl.files"),
    ("lake/etl/checks", "etl.checks"),
    ("lake/etl/runs", "etl.runs"),
    ("lake/marts/customer_summary", "customer_summary"),
];

fn newest(project: &Project, folder: &str, ending: &str) -> PathBuf {
    let names: Vec<_> = project.files(folder).into_iter().map(|(name, _)| name).collect();
    let found = names.iter().filter(|name| name.ends_with(ending) && !name.contains("_newest"));
    project.path(folder).join(found.max().unwrap())
}

fn is_noticed(project: &Project, table: &str, what: &str) {
    let query = format!("select count(*) from {table}");
    let outcome = project.etl(&["sql", "-c", &query]);
    assert_eq!(outcome.code, 5, "{table}, {what}: {outcome:?}");
    assert!(outcome.stdout.is_empty() && outcome.stderr.contains("hint: "), "{table}, {what}: {outcome:?}");
}

#[test]
fn an_entry_of_a_log_that_is_gone_cut_off_or_a_line_short_is_noticed() {
    let project = project();
    for (folder, table) in TABLES {
        let entry = newest(&project, &format!("{folder}/_delta_log"), ".json");
        let text = fs::read_to_string(&entry).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let without = |gone: usize| {
            let kept: Vec<_> = lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| *line).collect();
            format!("{}\n", kept.join("\n"))
        };
        fs::remove_file(&entry).unwrap();
        is_noticed(&project, table, "entry gone");
        fs::write(&entry, &text[..text.len() - 20]).unwrap();
        is_noticed(&project, table, "entry cut off");
        let adds = (0..lines.len()).filter(|at| lines[*at].contains("\"add\""));
        for at in adds {
            fs::write(&entry, without(at)).unwrap();
            is_noticed(&project, table, "a file's line gone");
        }
        fs::write(&entry, &text).unwrap();
        project.etl(&["sql", "-c", &format!("select count(*) from {table}")]).exits(0);
    }
}

#[test]
fn verify_reads_every_file_and_names_what_is_damaged() {
    let project = project();
    let said = project.etl(&["verify"]).exits(0).stdout;
    assert!(said.contains("each is as it was written"), "{said}");
    for (folder, table) in TABLES {
        let file = newest(&project, folder, ".parquet");
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&file).unwrap();
        for other in [None, Some(&bytes[..bytes.len() - 1])] {
            match other {
                None => fs::remove_file(&file).unwrap(),
                Some(other) => fs::write(&file, other).unwrap(),
            }
            let outcome = project.etl(&["verify"]);
            assert!(outcome.code == 5 && outcome.stderr.contains(&name), "{table}: {outcome:?}");
        }
        fs::write(&file, &bytes).unwrap();
    }
    let json = project.etl(&["verify", "--all", "--output", "json"]).exits(0).stdout;
    assert!(json.contains("\"damaged\":[]"), "{json}");
}

#[test]
fn a_data_file_that_is_gone_or_has_another_byte_is_noticed() {
    let project = project();
    for (folder, table) in TABLES {
        let file = newest(&project, folder, ".parquet");
        let bytes = fs::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        is_noticed(&project, table, "file gone");
        for at in [10, bytes.len() / 3, bytes.len() / 2] {
            let mut other = bytes.clone();
            other[at] ^= 1;
            fs::write(&file, other).unwrap();
            is_noticed(&project, table, "another byte");
        }
        fs::write(&file, &bytes).unwrap();
        project.etl(&["sql", "-c", &format!("select count(*) from {table}")]).exits(0);
    }
}

#[test]
fn a_run_makes_no_reports_of_a_table_whose_log_lost_a_line() {
    let project = project();
    let entry = newest(&project, "lake/egress/customer/_delta_log", ".json");
    let text = fs::read_to_string(&entry).unwrap();
    let kept: Vec<_> = text.lines().filter(|line| !line.contains("\"add\"")).collect();
    fs::write(&entry, format!("{}\n", kept.join("\n"))).unwrap();
    project.run(&["--param", "billing_month=2024-04"]).exits(5).says(&["egress.customer", "was published with"]);
    project.deliver("customer/dt=2024-03-03/1_20240303000000.csv", "id,name\nc4,Four\n");
    project.run(&[]).exits(5).says(&["egress.customer", "was published with"]);
}

#[test]
fn a_lake_of_a_version_that_did_not_say_what_it_holds_is_read_as_it_is() {
    let project = project();
    fs::remove_file(project.path("lake/etl/runs/_newest.json")).unwrap();
    assert_eq!(project.rows("select count(*) from egress.customer"), ["3"]);
}
