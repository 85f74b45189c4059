//! Rows that cannot be typed: set aside by file, row, column, value and reason, and never guessed.

use crate::project::Project;

const CUSTOMERS: &str = "id,name,created_at\nc1,A1 Company,2024-02-01\n";
const BAD: &[u8] = b"id,status,total,start_timestamp,updated_at\n\
    good,FINALIZED,0,2024-03-01,2024-04-01\n\
    ragged,FINALIZED,1.5\n\
    utf8,\xff\xfe,1,2024-03-01,2024-04-01\n\
    words,FINALIZED,n/a,2024-03-01,2024-04-01\n\
    unit,FINALIZED,$5,2024-03-01,2024-04-01\n\
    fine,FINALIZED,0.1234567890123456789,2024-03-01,2024-04-01\n\
    large,FINALIZED,100000000000000000000,2024-03-01,2024-04-01\n\
    day,FINALIZED,1,2024-02-30,2024-04-01\n\
    american,FINALIZED,1,03/01/2024,2024-04-01\n\
    ,FINALIZED,1,2024-03-01,2024-04-01\n\
    two,FINALIZED,x,y,2024-04-01\n";

const FOUND: [&str; 11] = [
    "invoice.csv,2,,\"ragged,FINALIZED,1.5\",the record has 3 fields where the header has 5",
    "invoice.csv,3,status,\u{fffd}\u{fffd},expected text in UTF-8",
    "invoice.csv,4,total,n/a,expected a decimal",
    "invoice.csv,5,total,$5,\"expected a decimal without the sign of a currency or a per cent sign, such as 12.5\"",
    "invoice.csv,6,total,0.1234567890123456789,expected a decimal with at most 18 fraction digits",
    "invoice.csv,7,total,100000000000000000000,expected a decimal with at most 20 integer digits",
    "invoice.csv,8,start_timestamp,2024-02-30,expected a timestamp that exists in the calendar",
    "invoice.csv,9,start_timestamp,03/01/2024,\"expected the year first, like 2024-01-31: which number is the day and which the month \
     is not told\"",
    "invoice.csv,10,id,,\"expected an identifier, the key\"",
    "invoice.csv,11,start_timestamp,y,expected a timestamp like 2024-01-31 23:59:59.999 UTC",
    "invoice.csv,11,total,x,expected a decimal",
];

const QUARANTINE: &str =
    "select file, row_number, column_name, value, reason from etl.quarantine order by file, row_number, column_name";

#[test]
fn bad_rows_block_the_run_and_can_be_asked_for_until_the_file_is_right() {
    let project = Project::with(&[("customer.csv", CUSTOMERS), ("invoice.csv", "id,total\ngood,1\n")]);
    project.run(&["--report", "images_by_size"]).exits(0);
    let (artifacts, total) = (project.files("artifacts"), "select id, total from egress.invoice");

    project.deliver("invoice.csv", BAD);
    let blocked = project.run(&["--report", "images_by_size"]).exits(3);
    blocked.says(&["11 cells", "egress.invoice row 2", "etl.quarantine", "hint:"]);
    assert_eq!(project.files("artifacts"), artifacts, "the last good artifacts stay");
    assert_eq!(project.rows(total), ["good,1"], "readers see what was published before");
    assert_eq!(project.rows(QUARANTINE), FOUND);
    let newest = "select status, quarantined_cells from etl.runs order by run_id desc limit 1";
    assert_eq!(project.rows(newest), ["blocked,11"]);
    project.run(&["--report", "images_by_size"]).exits(3);

    project.deliver("invoice.csv", "id,total\ngood,2\n");
    project.run(&["--report", "images_by_size"]).exits(0);
    assert_eq!(project.rows(total), ["good,2"]);
    assert_eq!(project.rows(QUARANTINE), [""; 0]);
    assert_eq!(project.rows(newest), ["done,0"]);
}

#[test]
fn allowed_bad_rows_are_left_out_and_said_in_the_summary_and_in_the_run_record() {
    let project = Project::with(&[("customer.csv", CUSTOMERS)]);
    project.deliver("invoice.csv", BAD);
    project.add_settings("quality.quarantine = \"allow\"");
    let run = project.run(&[]).exits(0).says(&["11 cells"]);
    assert!(run.stdout.contains("11 cells in quarantine"), "{}", run.stdout);
    assert_eq!(project.rows("select id from egress.invoice"), ["good"]);
    assert_eq!(project.rows(QUARANTINE), FOUND);
    assert_eq!(project.rows("select status, quarantined_cells from etl.runs"), ["done,11"]);

    let again = project.run(&["--output", "json"]).exits(0);
    assert_eq!((&again.json()["status"], &again.json()["quarantined_cells"]), (&"unchanged".into(), &11.into()));
    project.deliver("invoice.csv", "id,total\ngood,0\n");
    let fixed = project.run(&["--output", "json"]).exits(0);
    assert_eq!(fixed.json()["quarantined_cells"], 0);
    assert_eq!(project.rows(QUARANTINE), [""; 0]);
}

#[test]
fn a_bad_newest_row_does_not_hide_the_good_older_one() {
    let project = Project::with(&[
        ("invoice/dt=2024-04-01/1_20240401040000.csv", "id,total,updated_at\ni1,1,2024-04-01\ni2,1,2024-04-01\n"),
        ("invoice/dt=2024-04-02/1_20240402040000.csv", "id,total,updated_at\ni1,n/a,2024-04-02\ni2,2,2024-04-02\n"),
    ]);
    project.add_settings("quality.quarantine = \"allow\"");
    project.normalize();
    let rows = "select id, total from egress.invoice order by id";
    assert_eq!(project.rows(rows), ["i1,1", "i2,2"], "delivered together");
    project.deliver(
        "invoice/dt=2024-04-03/1_20240403040000.csv",
        "id,total,updated_at\ni1,3,2024-04-03\ni2,?,2024-04-03\n",
    );
    project.normalize();
    assert_eq!(project.rows(rows), ["i1,3", "i2,2"], "delivered later");
    let bad = project.rows("select file, row_number, value from etl.quarantine order by file");
    let expected =
        ["invoice/dt=2024-04-02/1_20240402040000.csv,1,n/a", "invoice/dt=2024-04-03/1_20240403040000.csv,2,?"];
    assert_eq!(bad, expected);
}

#[test]
fn rows_left_out_by_an_earlier_run_that_allowed_it_block_a_run_that_does_not() {
    let project = Project::with(&[("line_item.csv", "id,total\nl1,x\nl2,1\n"), ("customer.csv", CUSTOMERS)]);
    project.write("allowing.toml", "quality.quarantine = \"allow\"");
    project.run(&["--stage", "normalize", "--config", "allowing.toml"]).exits(0);
    project.run(&["--report", "billings_by_plan"]).exits(3);
}

#[test]
fn a_run_blocked_by_the_same_rows_again_commits_nothing() {
    let project = Project::with(&[("line_item.csv", "id,total\nl1,x\n")]);
    project.run(&["--stage", "normalize"]).exits(3);
    let before = project.names("lake");
    project.run(&["--stage", "normalize"]).exits(3);
    assert_eq!(project.names("lake"), before);
}

#[test]
fn a_file_whose_every_row_is_bad_and_of_a_known_key_goes_to_quarantine() {
    let later = "invoice/dt=2024-04-03/1_20240403040000.csv";
    let project = Project::with(&[("invoice.csv", "id,total\ni1,1\n")]);
    project.normalize();
    project.deliver(later, "id,total\ni1,n/a\n");
    project.run(&["--stage", "normalize"]).exits(3).says(&["n/a"]);
    project.add_settings("quality.quarantine = \"allow\"");
    project.normalize();
    assert_eq!(project.rows("select id, total from egress.invoice"), ["i1,1"]);
    assert_eq!(project.rows("select file, row_number, value from etl.quarantine"), [format!("{later},1,n/a")]);
}

/// A project whose quarantine, allowed at first, has cells of a file that left landing for good.
fn with_lost_file(name: &str, text: &str) -> Project {
    let project = Project::with(&[("customer.csv", CUSTOMERS), (name, text)]);
    project.write("allowing.toml", "quality.quarantine = \"allow\"");
    project.run(&["--stage", "normalize", "--config", "allowing.toml"]).exits(0);
    std::fs::remove_file(project.path(&format!("landing/egress/{name}"))).unwrap();
    project.run(&["--report", "images_by_size"]).exits(3).says(&[name]);
    project
}

#[test]
fn a_file_in_quarantine_that_is_gone_for_good_is_forgotten_and_keeps_nothing_from_being_made() {
    let name = "invoice/dt=2024-04-03/1_20240403040000.csv";
    let project = with_lost_file(name, "id,total\ni1,n/a\ni2,?\n");
    assert_eq!(project.rows("select path from etl.files where row_count = 2"), [name]);
    let said = project.etl(&["forget", name]).exits(0).stdout;
    assert!(said.starts_with(&format!("forgot {name}: 2 cells of egress.invoice out of quarantine, and")), "{said}");
    assert!(said.contains("the quarantine is empty"), "{said}");
    assert_eq!(project.rows(QUARANTINE), [""; 0]);
    assert_eq!(project.rows("select path from etl.files"), ["customer.csv"]);
    let newest = "select stage, quarantined_cells from etl.runs order by run_id desc limit 1";
    assert_eq!(project.rows(newest), ["forget,0"]);
    let receipts = project.rows("select receipts from etl.runs order by run_id desc limit 1").remove(0);
    assert!(receipts.contains(name) && receipts.contains("2 cells out of quarantine"), "{receipts}");
    project.run(&["--report", "images_by_size"]).exits(0);
    project.run(&["--report", "images_by_size", "--full-refresh"]).exits(0);
    assert_eq!(project.rows("select count(*) from egress.customer"), ["1"]);
    project.etl(&["forget", name]).exits(2).says(&["nothing of `", "the quarantine is empty"]);
}

#[test]
fn a_file_that_was_never_taken_is_forgotten_likewise_and_the_others_stay() {
    let project = Project::with(&[("invoice.csv", "id,total\ni1,n/a\n"), ("line_item.csv", "id,total\nl1,x\n")]);
    project.run(&["--stage", "normalize"]).exits(3);
    std::fs::remove_file(project.path("landing/egress/invoice.csv")).unwrap();
    let forgotten = project.etl(&["forget", "invoice.csv", "--output", "json"]).exits(0).json();
    assert_eq!((&forgotten["cells"], &forgotten["quarantined_cells"]), (&1.into(), &1.into()));
    assert_eq!((&forgotten["tables"][0], &forgotten["was_taken"]), (&"egress.invoice".into(), &false.into()));
    assert_eq!(project.rows("select file from etl.quarantine"), ["line_item.csv"]);
    project.run(&["--stage", "normalize"]).exits(3).says(&["line_item.csv"]);
}

#[test]
fn what_reports_are_made_of_or_would_be_read_again_is_not_forgotten() {
    let project = with_lost_file("invoice.csv", "id,total\ngood,1\ni1,n/a\n");
    let before = project.files("lake/etl");
    let refused = project.etl(&["forget", "invoice.csv"]).exits(3);
    refused.says(&[
        "egress.invoice has 1 row of invoice.csv, and reports are made of it",
        "hint: ",
        "deliver it again",
        "quarantine = \"allow\"",
    ]);
    project.etl(&["forget", "invioce.csv"]).exits(2).says(&["nothing of `invioce.csv`", "did you mean `invoice.csv`?"]);
    let typed = "landing/egress/invoice.csv";
    project.etl(&["forget", typed]).exits(2).says(&["did you mean `invoice.csv`?"]);
    project.etl(&["forget", "xyzzy"]).exits(2).says(&["in quarantine are cells of `invoice.csv`"]);
    project.etl(&["forget"]).exits(2);
    project.etl(&["forget", "x", "--lake", "nonesuch"]).exits(2).says(&["no lake here"]);
    project.deliver("invoice.csv", "id,total\ngood,1\ni1,n/a\n");
    let refused = project.etl(&["forget", "invoice.csv"]).exits(2);
    refused.says(&["landing/egress/invoice.csv is there", "the next run would read it again", "hint: "]);
    assert_eq!(project.files("lake/etl"), before);

    // Once newer rows stand in the place of its good ones, nothing is made of it any more.
    std::fs::remove_file(project.path("landing/egress/invoice.csv")).unwrap();
    project.deliver("invoice/dt=2024-04-03/1_20240403040000.csv", "id,total\ngood,2\n");
    project.run(&["--stage", "normalize", "--config", "allowing.toml"]).exits(0);
    project.etl(&["forget", "invoice.csv"]).exits(0);
    project.run(&["--report", "images_by_size"]).exits(0);
    assert_eq!(project.rows("select id, total from egress.invoice"), ["good,2"]);
}
