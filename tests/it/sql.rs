//! `etl sql`: asks the lake and changes nothing.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::project::Project;

fn project() -> Project {
    let project =
        Project::with(&[("customer.csv", "id,name,created_at\nc1,\"A1, Company\",2024-02-01\nc2,,\nc3,\"\",\n")]);
    project.normalize();
    project
}

const QUERY: &str = "select id, name, created_at, 1.50 as amount from egress.customer order by id";

#[test]
fn rows_come_in_every_format_on_the_screen_or_in_a_file() {
    let project = project();
    let csv = "id,name,created_at,amount\nc1,\"A1, Company\",2024-02-01T00:00:00Z,1.5\nc2,,,1.5\nc3,\"\",,1.5\n";
    assert_eq!(project.sql(QUERY), csv);
    let json = project.etl(&["sql", "--format", "json", "-c", QUERY]).exits(0).stdout;
    let rows: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&rows[0]["name"], &rows[1]["name"], &rows[2]["name"]),
        (&"A1, Company".into(), &serde_json::Value::Null, &"".into())
    );
    for (format, part) in [("table", "A1, Company"), ("markdown", "| id")] {
        let text = project.etl(&["sql", "--format", format, "-c", QUERY]).exits(0).stdout;
        assert!(text.contains(part), "{format}: {text}");
    }

    project.write("query.sql", QUERY);
    for (args, name) in [
        (vec!["sql", "-f", "query.sql", "-o", "rows.csv"], "rows.csv"),
        (vec!["sql", "-f", "query.sql", "--format", "csv", "-o", "rows.txt"], "rows.txt"),
    ] {
        assert_eq!(project.etl(&args).exits(0).stdout, "");
        assert_eq!(project.read(name), csv);
    }
    project.etl(&["sql", "-f", "query.sql", "-o", "rows.parquet"]).exits(0);
    let file = fs::File::open(project.path("rows.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 3);

    let mut child = project
        .command(&["sql", "-f", "-", "--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(QUERY.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap(), csv);
}

#[test]
fn what_is_not_a_query_is_refused_and_writes_nothing() {
    let project = project();
    project.run(&["--stage", "normalize"]).exits(0);
    let before = project.files("lake");
    for statement in [
        "create table t as select 1",
        "create external table t stored as csv location 'landing/egress/customer.csv'",
        "create view v as select 1",
        "drop table egress.customer",
        "insert into egress.customer values (1)",
        "delete from egress.customer",
        "update egress.customer set name = 'x'",
        "copy (select 1) to 'out.csv'",
        "set datafusion.execution.time_zone = 'CET'",
        "select 1; select 2",
        "",
        "select",
        "select * from egress.nonesuch",
        "select nonesuch from egress.customer",
    ] {
        project.etl(&["sql", "-c", statement]).exits(2).says(&["error:"]);
    }
    project.etl(&["sql", "-f", "nonesuch.sql"]).exits(2).says(&["nonesuch.sql"]);
    project.etl(&["sql"]).exits(2).says(&["no query"]);
    assert_eq!(project.files("lake"), before);
    assert!(!project.path("out.csv").exists());
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let project = project();
    let query =
        "select a.value, b.value as other from generate_series(1, 2000) as a cross join generate_series(1, 2000) as b";
    let mut child = project
        .command(&["sql", "--format", "csv", "-c", query])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "value,other\n");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
}

#[test]
fn a_failed_query_leaves_no_half_file_and_the_old_one_as_it_was() {
    let project = project();
    project.write("rows.csv", "kept");
    let query = "select exact_decimal(name) as amount from egress.customer";
    let run = project.etl(&["sql", "-c", query, "-o", "rows.csv"]);
    assert_ne!(run.code, 0);
    assert_eq!(project.read("rows.csv"), "kept");
    let beside: Vec<_> = project.names(".").into_iter().filter(|name| name.starts_with("rows")).collect();
    assert_eq!(beside, ["rows.csv"]);
}

#[test]
fn tables_models_and_runs_can_be_asked_also_before_anything_is_there() {
    let project = Project::new();
    for query in [
        "select count(*) as rows from egress.invoice",
        "select count(*) as rows from current.events",
        "select count(*) as rows from etl.runs",
        "select count(*) as rows from stg_egress__customers",
        "select count(*) as rows from images_by_size",
    ] {
        assert_eq!(project.sql(query), "rows\n0\n", "{query}");
    }
    let tables = project.sql("select table_schema, table_name from information_schema.tables");
    for table in ["egress,invoice", "current,invoice", "etl,quarantine", "reports,billings_by_plan"] {
        assert!(tables.contains(table), "{table} is not in\n{tables}");
    }
    assert!(!project.path("lake").exists(), "asking makes no lake");
}
