//! One row a key: the newest, in whatever order files are delivered.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::project::Project;

const ROWS: &str = "select id, environment_type, status, total, start_timestamp, updated_at, _source_file, _source_row, \
                    _transferred_at from egress.invoice order by id, environment_type";

fn invoice(status: &str, updated_at: &str) -> String {
    format!("id,status,updated_at\ni1,{status},{updated_at}\n")
}

#[test]
fn updated_at_decides_before_transfer_and_transfer_before_part_and_part_before_row() {
    let two = "id,status,updated_at\ni1,above,2024-04-01\ni1,below,2024-04-01\n";
    for (files, newest) in [
        // (name, text), last delivered last
        (
            vec![
                ("1_20240402040000", invoice("new", "2024-04-02")),
                ("1_20240403040000", invoice("old", "2024-04-01")),
            ],
            "new",
        ),
        (
            vec![
                ("1_20240403040000", invoice("later", "2024-04-01")),
                ("1_20240402040000", invoice("earlier", "2024-04-01")),
            ],
            "later",
        ),
        (
            vec![
                ("10_20240402040000", invoice("ten", "2024-04-01")),
                ("9_20240402040000", invoice("nine", "2024-04-01")),
            ],
            "ten",
        ),
        (vec![("1_20240402040000", two.to_owned())], "below"),
        (
            vec![("1_20240402040000", invoice("dated", "2024-04-01")), ("2_20240402040000", invoice("undated", ""))],
            "dated",
        ),
    ] {
        let expected = format!("status\n{newest}\n");
        let (at_once, one_by_one) = (Project::new(), Project::new());
        for (name, text) in &files {
            let name = format!("invoice/dt=2024-04-02/{name}.csv");
            at_once.deliver(&name, text);
            one_by_one.deliver(&name, text);
            one_by_one.normalize();
        }
        at_once.normalize();
        let status = "select status from egress.invoice";
        assert_eq!(at_once.sql(status), expected);
        assert_eq!(one_by_one.sql(status), expected);
        assert_eq!(at_once.sql(ROWS), one_by_one.sql(ROWS));
    }
}

#[test]
fn the_same_id_in_two_environments_is_two_rows() {
    let project =
        Project::with(&[("invoice.csv", "id,environment_type,total\ni1,SANDBOX,1\ni1,PRODUCTION,2\ni1,SANDBOX,3\n")]);
    project.normalize();
    let rows = project.rows("select environment_type, total from egress.invoice order by 1");
    assert_eq!(rows, ["PRODUCTION,2", "SANDBOX,3"]);
}

#[test]
fn a_newer_row_in_another_month_leaves_none_behind_in_the_old_one() {
    let text =
        |month: &str, day: &str| format!("id,start_timestamp,updated_at\ni1,{month}-01,{day}\ni2,2024-02-01,{day}\n");
    let project = Project::with(&[("invoice/dt=2024-04-01/1_20240401040000.csv", &text("2024-02", "2024-04-01"))]);
    project.normalize();
    project.deliver("invoice/dt=2024-04-02/1_20240402040000.csv", text("2024-03", "2024-04-02"));
    project.deliver("invoice/dt=2024-03-31/1_20240331040000.csv", text("2024-01", "2024-03-31"));
    project.normalize();
    let rows = project.rows("select id, start_timestamp from egress.invoice order by id");
    assert_eq!(rows, ["i1,2024-03-01T00:00:00Z", "i2,2024-02-01T00:00:00Z"]);
}

#[test]
fn the_same_bytes_again_commit_nothing() {
    let text = invoice("FINALIZED", "2024-04-01");
    let project = Project::with(&[("invoice/dt=2024-04-01/1_20240401040000.csv", &text)]);
    project.normalize();
    let before = project.files("lake");
    // Written again: another modification time, the same bytes.
    std::thread::sleep(std::time::Duration::from_millis(20));
    project.deliver("invoice/dt=2024-04-01/1_20240401040000.csv", &text);
    let run = project.run(&["--stage", "normalize", "--output", "json"]).exits(0);
    assert_eq!(run.json()["status"], "unchanged");
    assert!(
        project
            .files("lake")
            .into_iter()
            .filter(|(name, _)| name != "_lock")
            .eq(before.into_iter().filter(|(name, _)| name != "_lock"))
    );
}

#[test]
fn a_rebuild_from_landing_gives_the_same_rows() {
    let project = Project::new();
    for (day, text) in [(2, invoice("old", "2024-04-01")), (1, invoice("new", "2024-04-05")), (3, invoice("older", ""))]
    {
        project.deliver(&format!("invoice/dt=2024-04-0{day}/1_2024040{day}040000.csv"), text);
        project.normalize();
    }
    let rows = project.sql(ROWS);
    project.run(&["--stage", "normalize", "--full-refresh"]).exits(0);
    assert_eq!(project.sql(ROWS), rows);
    std::fs::remove_file(project.path("landing/egress/invoice/dt=2024-04-01/1_20240401040000.csv")).unwrap();
    project
        .run(&["--stage", "normalize", "--full-refresh"])
        .exits(3)
        .says(&["1_20240401040000.csv", "no longer in landing"]);
    project.normalize();
    assert_eq!(project.sql(ROWS), rows, "an ordinary run keeps rows of files that are gone from landing");
}

#[derive(Debug, Clone)]
struct Row {
    id: u8,
    environment: &'static str,
    month: u8,
    updated: Option<u8>,
}

#[derive(Debug, Clone)]
struct File {
    day: u8,
    part: u8,
    rows: Vec<Row>,
}

impl File {
    fn name(&self) -> String {
        format!("invoice/dt=2024-04-0{0}/{1}_2024040{0}040000.csv", self.day, self.part)
    }

    fn text(&self, number: usize) -> String {
        let mut text = "id,environment_type,total,start_timestamp,updated_at\n".to_owned();
        for (place, row) in (1..).zip(&self.rows) {
            let updated = row.updated.map_or(String::new(), |day| format!("2024-04-0{day} 1:00:00"));
            let Row { id, environment, month, .. } = row;
            text += &format!("i{id},{environment},{number}.{place},2024-0{month}-01,{updated}\n");
        }
        text
    }
}

fn row() -> impl Strategy<Value = Row> {
    let environment = prop::sample::select(vec!["SANDBOX", "PRODUCTION", ""]);
    (1_u8..4, environment, 1_u8..4, prop::option::of(1_u8..4)).prop_map(|(id, environment, month, updated)| Row {
        id,
        environment,
        month,
        updated,
    })
}

fn files() -> impl Strategy<Value = Vec<File>> {
    let file = (1_u8..4, prop::sample::select(vec![1_u8, 9, 10]), prop::collection::vec(row(), 1..6))
        .prop_map(|(day, part, rows)| File { day, part, rows });
    prop::collection::vec(file, 2..6).prop_map(|mut files| {
        files.sort_by_key(|file| (file.day, file.part));
        files.dedup_by_key(|file| (file.day, file.part));
        files
    })
}

/// Files and an order to deliver them in.
fn shuffled(files: Vec<File>) -> impl Strategy<Value = (Vec<File>, Vec<usize>)> {
    let places: Vec<_> = (0..files.len()).collect();
    (Just(files), Just(places).prop_shuffle())
}

/// Each key's newest row, worked out in the plainest way.
fn expected(files: &[File]) -> Vec<String> {
    let mut newest = BTreeMap::new();
    for (number, file) in files.iter().enumerate() {
        for (place, row) in (1..).zip(&file.rows) {
            let order = (row.updated, file.day, file.part, place);
            let kept = newest.entry((row.id, row.environment)).or_insert((order, number));
            if kept.0 <= order {
                *kept = (order, number);
            }
        }
    }
    newest
        .iter()
        .map(|((id, environment), ((_, _, _, place), number))| format!("i{id},{environment},{number}.{place}"))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn delivery_order_does_not_change_the_lake(
        (files, order) in files().prop_flat_map(shuffled),
        in_a_run in 1_usize..3,
    ) {
        let (at_once, in_runs) = (Project::new(), Project::new());
        for (number, file) in files.iter().enumerate() {
            at_once.deliver(&file.name(), file.text(number));
        }
        at_once.normalize();
        for group in order.chunks(in_a_run) {
            for &number in group {
                in_runs.deliver(&files[number].name(), files[number].text(number));
            }
            in_runs.normalize();
        }
        prop_assert_eq!(at_once.sql(ROWS), in_runs.sql(ROWS));
        let newest = "select id, coalesce(environment_type, ''), total from egress.invoice order by 1, 2";
        let rows: Vec<_> = at_once.rows(newest).iter().map(|row| row.replace("\"\"", "")).collect();
        prop_assert_eq!(rows, expected(&files));
    }
}

const EVENTS: &str = "select transaction_id, \"timestamp\", event_type, updated_at, _source_file from egress.events order by transaction_id";

/// As many events as a file has that is not read for the keys of a delivery.
fn many_events() -> String {
    let event = |number: u32| format!("t{number},2024-03-{:02},first,2024-04-02\n", 1 + number % 20);
    "transaction_id,timestamp,event_type,updated_at\n".to_owned() + &(0..20_000).map(event).collect::<String>()
}

#[test]
fn a_day_more_gives_the_same_whether_the_index_of_keys_is_there_lost_or_damaged() {
    let day = "transaction_id,timestamp,event_type,updated_at\n\
               t5,2024-03-06,newer,2024-04-03\n\
               t6,2024-03-07,older,2024-04-01\n\
               t7,2024-03-08,as new in a later transfer,2024-04-02\n\
               t8,2024-02-08,newer in another month,2024-04-03\n\
               t19999,2024-03-20,newer,2024-04-04\n\
               t30000,2024-03-08,new,2024-04-03\n";
    let late =
        "transaction_id,timestamp,event_type,updated_at\nt9,2024-03-10,as new in an earlier transfer,2024-04-02\n";
    let deliver = |project: &Project| {
        project.deliver("events/dt=2024-04-03/1_20240403040000.csv", day);
        project.deliver("events/dt=2024-04-01/1_20240401040000.csv", late);
    };
    let all_at_once = Project::with(&[("events/dt=2024-04-02/1_20240402040000.csv", &many_events())]);
    deliver(&all_at_once);
    all_at_once.normalize();
    let expected = all_at_once.sql(EVENTS);
    let changed = expected.lines().filter(|line| !line.contains(",first,") && !line.starts_with("transaction_id"));
    assert_eq!(
        changed.map(|line| line.split(',').next().unwrap()).collect::<Vec<_>>(),
        ["t19999", "t30000", "t5", "t7", "t8"]
    );

    for (what, is_made_anew) in [("there", false), ("lost", true), ("damaged", true)] {
        let project = Project::with(&[("events/dt=2024-04-02/1_20240402040000.csv", &many_events())]);
        project.normalize();
        let indexes = || -> Vec<_> {
            project.names("lake").into_iter().filter(|name| name.contains("/events/_index/")).collect()
        };
        let [index] = indexes().try_into().unwrap();
        match what {
            "lost" => std::fs::remove_file(project.path(&format!("lake/{index}"))).unwrap(),
            "damaged" => {
                let mut bytes = std::fs::read(project.path(&format!("lake/{index}"))).unwrap();
                bytes[8 * 5000] ^= 1;
                project.write(&format!("lake/{index}"), bytes);
            }
            _ => {}
        }
        deliver(&project);
        let run = project.run(&["--stage", "normalize"]).exits(0);
        assert_eq!(run.stderr.contains("making the index of keys"), is_made_anew, "{what}");
        assert_eq!(project.sql(EVENTS), expected, "{what}");
        assert!(
            indexes().iter().all(|name| *name != index),
            "the index of a file that was written again is in the way"
        );
    }
}

#[test]
fn a_flipped_byte_of_a_file_whose_keys_came_again_is_found() {
    let project = Project::with(&[("events/dt=2024-04-02/1_20240402040000.csv", &many_events())]);
    project.normalize();
    let files = project.names("lake");
    let data = files.iter().find(|name| name.contains("/events/month=") && name.ends_with(".parquet")).unwrap();
    let mut bytes = std::fs::read(project.path(&format!("lake/{data}"))).unwrap();
    bytes[1000] ^= 1;
    project.write(&format!("lake/{data}"), bytes);
    let day = "transaction_id,timestamp,event_type,updated_at\nt5,2024-03-06,newer,2024-04-03\n";
    project.deliver("events/dt=2024-04-03/1_20240403040000.csv", day);
    project.run(&["--stage", "normalize"]).exits(5).says(&["not those that were written"]);
}

#[test]
fn many_small_deliveries_are_joined_into_few_files_and_say_what_they_said() {
    let (daily, at_once) = (Project::new(), Project::new());
    for day in 1..=28 {
        let name = format!("events/dt=2024-03-{day:02}/1_202403{day:02}040000.csv");
        // Each day brings a row, and the first day's row again.
        let text = format!(
            "transaction_id,timestamp,event_type,updated_at\nt{day},2024-02-11,of {day},2024-03-{day:02}\n\
             again,2024-02-12,of {day},2024-03-{day:02}\n"
        );
        daily.deliver(&name, &text);
        at_once.deliver(&name, &text);
        daily.normalize();
    }
    at_once.normalize();
    assert_eq!(daily.sql(EVENTS), at_once.sql(EVENTS));
    let joined = daily.names("lake").into_iter().filter(|name| name.contains("/events/") && name.contains("-joined-"));
    assert_eq!(joined.count(), 1);
}
