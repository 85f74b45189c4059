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
    let csv = "id,name,created_at,amount\nc1,\"A1, Company\",2024-02-01T00:00:00Z,1.5\nc2,,,1.5\nc3,,,1.5\n";
    assert_eq!(project.sql(QUERY), csv);
    let json = project.etl(&["sql", "--format", "json", "-c", QUERY]).exits(0).stdout;
    let rows: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (&rows[0]["name"], &rows[1]["name"], &rows[2]["name"]),
        (&"A1, Company".into(), &serde_json::Value::Null, &serde_json::Value::Null)
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
fn tables_models_and_runs_can_be_asked_also_where_nothing_of_them_was_delivered() {
    let project = Project::with(&[("plan.csv", "id,name\n")]);
    project.normalize();
    for query in [
        "select count(*) as rows from egress.invoice",
        "select count(*) as rows from current.events",
        "select count(*) as rows from etl.checks",
        "select count(*) as rows from stg_egress__customers",
        "select count(*) as rows from images_by_size",
    ] {
        assert_eq!(project.sql(query), "rows\n0\n", "{query}");
    }
    let tables = project.sql("select table_schema, table_name from information_schema.tables");
    for table in ["egress,invoice", "current,invoice", "etl,quarantine", "reports,billings_by_plan"] {
        assert!(tables.contains(table), "{table} is not in\n{tables}");
    }
}

#[test]
fn what_can_be_asked_is_listed_and_described_as_its_header_says_and_beside_a_function_it_has_its_rows() {
    let project = Project::with(&[("customer.csv", "id,name\nc1,A\n"), ("plan.csv", "id,name\n")]);
    project.normalize();
    let tables = project.sql("show tables");
    for table in ["raw,api_responses,BASE TABLE", "api,plans,BASE TABLE", "current,customer,VIEW", "settings,codes"] {
        assert!(tables.contains(table), "{table} is not in\n{tables}");
    }
    let columns = project.sql("describe billings_by_plan");
    for line in ["plan_id,Utf8,YES", "plan_name,Utf8,NO", "total_amount,\"Decimal128(38, 18)\",YES"] {
        assert!(columns.contains(line), "{line} is not in\n{columns}");
    }
    assert_eq!(
        project.sql("select count(*) as rows from stg_egress__customers cross join generate_series(1, 3) as g"),
        "rows\n3\n"
    );
}

/// What standard error says where a query is refused for its own fault.
fn fault(project: &Project, query: &str) -> String {
    project.etl(&["sql", "--format", "csv", "-c", query]).exits(2).stderr
}

#[test]
fn names_that_are_none_are_told_what_was_meant() {
    let project = project();
    for (query, hint) in [
        ("select * from egress.custmer", "did you mean `egress.customer`?"),
        ("select * from egres.customer", "did you mean `egress.customer`?"),
        ("select * from customer", "did you mean `current.customer` or `egress.customer`?"),
        ("select * from egress.invoices", "did you mean `invoices` or `api.invoices`?"),
        ("select * from billing_by_plan", "did you mean `billings_by_plan`?"),
        ("select * from stg_egress_customers", "did you mean `stg_egress__customers`?"),
        ("select * from etl.quarantene", "did you mean `etl.quarantine`?"),
        ("select 1 from etl.runs where exists (select 1 from etl.file)", "did you mean `etl.files`?"),
        ("describe egress.custmer", "did you mean `egress.customer`?"),
        ("select * from xyzzy_xyzzy", "`etl sql -c 'show tables'` lists"),
    ] {
        let said = fault(&project, query);
        assert!(said.starts_with("error: there is no table or model `") && said.contains(hint), "{query}: {said}");
    }
    let said = fault(&project, "select nam from egress.customer");
    assert!(said.contains("Did you mean 'egress.customer.name'?") && !said.contains("Valid fields"), "{said}");
    let said = fault(&project, "select money_sm(1.0)");
    assert!(said.contains("Did you mean 'money_sum'?"), "{said}");
}

#[test]
fn a_query_without_select_is_refused_and_says_so() {
    let project = project();
    for (query, hint) in [
        ("from egress.customer", "write `select * from egress.customer`"),
        ("-- all\nFROM egress.customer", "write `select * from egress.customer`"),
        ("select count(*) from (from egress.customer) as t", "write `select * from egress.customer`"),
        ("with t as (from egress.customer) select 1 from t", "write `select * from egress.customer`"),
        ("from egress.customer where id = 'c1'", "begin with `select * from`"),
    ] {
        let said = fault(&project, query);
        assert!(said.contains("`from` without `select`") && said.contains(hint), "{query}: {said}");
    }
    assert_eq!(project.sql("from egress.customer select id limit 1"), "id\nc1\n", "from may stand first");
}

#[test]
fn a_date_beside_a_number_is_explained_wherever_it_stands() {
    let project = project();
    let from = "from egress.customer as customers";
    for condition in [
        "created_at = 2024-02-01",
        "created_at > 2024-02",
        "2024-02-01 <= created_at",
        "created_at between 2024-02-01 and 2024-03-01",
        "created_at in (2024-02-01, 2024-03-01)",
        "cast(created_at as date) <> 20240201",
        "id = 'c1' and (created_at < 2024.02 or name is null)",
        "exists (select 1 from etl.files where customers.created_at > etl.files.row_count)",
    ] {
        let said = fault(&project, &format!("select count(*) {from} where {condition}"));
        assert!(said.contains("compares a date with a number"), "{condition}: {said}");
        assert!(said.contains("hint: a date is written in quotes: '2024-03-01'"), "{condition}: {said}");
    }
    let said = fault(&project, &format!("select case when created_at > 2024 then 1 end {from}"));
    assert!(said.contains("compares a date with a number"), "{said}");
    for condition in ["created_at > '2024-02'", "cast(created_at as date) = '2024-02'"] {
        let said = fault(&project, &format!("select count(*) {from} where {condition}"));
        assert!(said.contains("2024-02") && said.contains("hint: a date is written in quotes"), "{condition}: {said}");
    }
    let right = "created_at >= '2024-02-01' and cast(created_at as date) < date '2024-03-01' and _source_row > 0";
    assert_eq!(project.rows(&format!("select id {from} where {right}")), ["c1"]);
}

#[test]
fn whatever_lies_in_the_query_is_a_usage_error_also_when_it_shows_while_it_runs() {
    let project = project();
    for query in [
        "selec 1",
        "select 'not closed",
        "select nonesuch(1)",
        "select name + 1 from egress.customer",
        "select cast('x' as int)",
        "select cast(name as int) from egress.customer",
        "select cast(99999999999 as int)",
        "select 1 / 0",
        "select 1 / (_source_row - _source_row) from egress.customer",
        "select exact_decimal(name) from egress.customer",
        "select money_mul(99999999999999999999, 10 + _source_row) from egress.customer",
        "select to_timestamp(name) from egress.customer",
        "select date_trunc('mnth', created_at) from egress.customer",
        "select (select id from egress.customer)",
        "select regexp_replace(name, '(', '') from egress.customer",
        "select substr(name, -1, -2) from egress.customer",
    ] {
        let said = fault(&project, query);
        assert!(said.starts_with("error: the query ") && said.lines().count() <= 2, "{query}: {said}");
    }
    // What the machine lacks is no fault of the query.
    project.add_settings("limits.memory = \"16MiB\"");
    let all = "select array_agg(value order by value) from generate_series(1, 5000000)";
    project.etl(&["sql", "-c", all]).exits(1).says(&["Resources exhausted", "hint: ", "`memory` under [limits]"]);
}

#[test]
fn a_query_may_begin_with_a_comment_and_a_flag_is_no_query() {
    let project = project();
    let commented = "-- the first customer\nselect id from egress.customer order by id limit 1";
    assert_eq!(project.sql(commented), "id\nc1\n");
    let joined = format!("--command={commented}");
    assert_eq!(project.etl(&["sql", &joined, "--format", "csv"]).exits(0).stdout, "id\nc1\n");
    project.etl(&["sql", "-c", "--output", "json"]).exits(2);
    project.etl(&["sql", "-c", "-f"]).exits(2).says(&["`--command` is `-f`, expected a query"]);
    project.etl(&["sql", "-c", "-- nothing but a comment"]).exits(2).says(&["No SQL statements"]);
}

#[test]
fn distinct_texts_are_counted_in_many_groups_with_little_memory() {
    let project = project();
    project.add_settings("limits.memory = \"32MiB\"\nlimits.threads = 2");
    // With a set for each group and count, as the engine has them, these ask 200 MB and more.
    let counts = "select count(*) as groups, min(a) as a, max(b) as b from (
        select value % 10000, count(distinct cast(value as varchar)) as a, count(distinct cast(value % 7 as varchar)) as b
        from generate_series(1, 20000) group by value % 10000)";
    assert_eq!(project.sql(counts), "groups,a,b\n10000,2,2\n");
}

#[test]
fn a_value_that_only_the_last_of_many_files_has_is_found() {
    let head = "id,status,total,credit_type_id,start_timestamp,issued_at,updated_at\n".to_owned();
    let row = |month: u32| {
        let issued_at = if month == 12 { "2024-01-01T00:00:00Z" } else { "" };
        format!("i{month},FINALIZED,1,c,2023-{month:02}-01T00:00:00Z,{issued_at},2024-01-01T00:00:00Z\n")
    };
    let project = Project::with(&[("invoice.csv", &(head + &(1..=12).map(row).collect::<String>()))]);
    // The engine once passed files over whose rows could not better what one column had, though another had nothing yet.
    project.write("pipeline.toml", "[limits]\nthreads = 2\n");
    project.normalize();
    assert_eq!(
        project.sql("select min(start_timestamp) as first_start, min(issued_at) as first_issue from egress.invoice"),
        "first_start,first_issue\n2023-01-01T00:00:00Z,2024-01-01T00:00:00Z\n"
    );
}

#[test]
fn a_table_of_many_rows_comes_in_pages_so_that_none_is_held_in_memory() {
    let rows: String = (0..10_001).map(|row| format!("c{row},,2024-02-01\n")).collect();
    let project = Project::with(&[("customer.csv", &format!("id,name,created_at\n{rows}"))]);
    project.normalize();
    let text = project.etl(&["sql", "-c", "select id from egress.customer"]).exits(0).stdout;
    assert_eq!(text.lines().filter(|line| line.contains("id")).count(), 2, "a header for each page");
    assert_eq!(
        text.lines().filter(|line| line.contains(" c")).count(),
        10_001 + 1,
        "the rows, and what is said of them"
    );
    assert!(text.ends_with("10001 rows, 1 column\n"));
}
