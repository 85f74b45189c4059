//! The lake as other tools and later runs find it.

use std::fs::{self, File};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::project::Project;

fn project() -> Project {
    Project::with(&[
        (
            "invoice.csv",
            "id,total,credit_type_id,credit_type_name,start_timestamp\ni1,1.5,eur,EUR,2024-03-01\ni2,2,eur,EUR,2024-03-31 23:59:59.999 UTC\ni3,3,eur,EUR,2024-02-29 0:00:00\ni4,4,eur,EUR,\n",
        ),
        ("customer.csv", "id,name\nc1,A1 Company\n"),
    ])
}

/// The actions of a table's commit.
fn actions(project: &Project, table: &str, version: u64) -> Vec<Value> {
    let log = project.read(&format!("lake/egress/{table}/_delta_log/{version:020}.json"));
    log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'a>(actions: &'a [Value], kind: &str) -> Vec<&'a Value> {
    actions.iter().filter_map(|action| action.get(kind)).collect()
}

#[test]
fn invoices_stand_in_a_folder_a_month_with_every_column_in_the_file() {
    let project = project();
    project.normalize();
    let names: Vec<_> =
        project.names("lake/egress/invoice").into_iter().filter(|name| name.ends_with(".parquet")).collect();
    let folders: Vec<_> = names.iter().map(|name| name.split_once('/').unwrap().0).collect();
    assert_eq!(folders.iter().filter(|folder| **folder == "month=2024-03").count(), 1, "{names:?}");
    assert_eq!(folders.iter().filter(|folder| **folder == "month=2024-02").count(), 1, "{names:?}");
    assert_eq!(folders.len(), 3, "rows without a month have a folder too: {names:?}");
    assert!(project.names("lake/egress/customer").iter().any(|name| !name.contains('/') && name.ends_with(".parquet")));

    let run_id = project.rows("select run_id from etl.runs").remove(0);
    for name in names {
        let file = File::open(project.path(&format!("lake/egress/invoice/{name}"))).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let schema = reader.schema().clone();
        for column in ["id", "total", "start_timestamp", "_extra", "_source_file", "_source_row", "_run_id"] {
            assert!(schema.field_with_name(column).is_ok(), "{name} has no {column}");
        }
        assert_eq!(schema.field_with_name("total").unwrap().data_type().to_string(), "Decimal128(38, 18)");
        let compression = reader.metadata().row_group(0).column(0).compression();
        assert!(format!("{compression:?}").starts_with("ZSTD"), "{compression:?}");
    }
    let lineage = project.rows("select id, _source_file, _source_row, _run_id from egress.invoice order by id limit 1");
    assert_eq!(lineage, [format!("i1,invoice.csv,1,{run_id}")]);
}

#[test]
fn the_delta_log_names_the_files_without_partitions_or_decimal_statistics_and_describes_the_columns() {
    let project = project();
    project.normalize();
    let actions = actions(&project, "invoice", 0);
    let metadata = of(&actions, "metaData");
    assert_eq!(metadata[0]["partitionColumns"], serde_json::json!([]));
    assert_eq!(metadata[0]["configuration"]["delta.dataSkippingNumIndexedCols"], "0");
    let schema: Value = serde_json::from_str(metadata[0]["schemaString"].as_str().unwrap()).unwrap();
    for field in schema["fields"].as_array().unwrap() {
        let comment = field["metadata"]["comment"].as_str().unwrap_or_default();
        assert!(!comment.is_empty(), "{} has no description", field["name"]);
    }
    assert!(!metadata[0]["description"].as_str().unwrap().is_empty());
    let added = of(&actions, "add");
    let mut rows = 0;
    for add in &added {
        assert_eq!(add["partitionValues"], serde_json::json!({}));
        let stats: Value = serde_json::from_str(add["stats"].as_str().unwrap()).unwrap();
        assert_eq!(stats.as_object().unwrap().keys().collect::<Vec<_>>(), ["numRecords"]);
        rows += stats["numRecords"].as_u64().unwrap();
        let path = project.path(&format!("lake/egress/invoice/{}", add["path"].as_str().unwrap().replace("%3D", "=")));
        assert_eq!(std::fs::metadata(path).unwrap().len(), add["size"].as_u64().unwrap());
    }
    assert_eq!((added.len(), rows), (3, 4));
}

#[test]
fn a_run_that_brings_nothing_new_commits_nothing_and_one_that_does_keeps_the_other_tables_versions() {
    let project = project();
    project.run(&[]).exits(0);
    let without_lock = || project.names("lake").into_iter().filter(|name| name != "_lock").collect::<Vec<_>>();
    let before = without_lock();
    let again = project.run(&["--output", "json"]).exits(0);
    assert_eq!(again.json()["status"], "unchanged");
    assert_eq!(without_lock(), before);

    project.deliver("customer/dt=2024-04-02/1_20240402040000.csv", "id,name\nc2,Other\n");
    project.normalize();
    let versions = project.rows("select versions from etl.runs order by run_id desc limit 1").remove(0);
    assert!(versions.contains("egress.customer\"\":1"), "{versions}");
    assert!(versions.contains("egress.invoice\"\":0"), "{versions}");
    assert_eq!(project.rows("select count(*) from etl.runs"), ["2"]);
    assert_eq!(of(&actions(&project, "customer", 1), "remove").len(), 0, "a new key rewrites no file");
}

#[test]
fn readers_see_only_what_a_run_published() {
    let project = project();
    project.run(&["--report", "billings_by_plan", "--param", "billing_month=2020-01"]).exits(0);
    // No currency: a check blocks, after the tables were written.
    project.deliver("invoice.csv", "id,total,start_timestamp\ni1,100,2024-03-01\n");
    let blocked = project.run(&["--report", "billings_by_plan", "--param", "billing_month=2024-03"]);
    blocked.exits(3);
    assert_eq!(project.rows("select id, total from egress.invoice order by id limit 2"), ["i1,1.5", "i2,2"]);
    assert_eq!(project.rows("select status from etl.runs order by run_id"), ["done", "blocked"]);
}

#[test]
fn a_run_of_some_reports_that_brings_nothing_new_commits_nothing() {
    let project = project();
    project.run(&["--report", "billings_by_plan"]).exits(0);
    let again = project.run(&["--report", "billings_by_plan", "--output", "json"]).exits(0);
    assert_eq!(again.json()["status"], "unchanged");
}

#[test]
fn what_a_blocked_run_took_in_is_published_by_the_stages_one_by_one_or_blocks_them_too() {
    let project = project();
    project.run(&["--report", "billings_by_plan"]).exits(0);
    project.deliver("invoice.csv", "id,total,start_timestamp\ni1,100,2024-03-01\n");
    project.run(&["--report", "billings_by_plan"]).exits(3);
    project.run(&["--stage", "normalize"]).exits(0);
    assert_eq!(project.rows("select total from egress.invoice where id = 'i1'"), ["100"]);
    project.run(&["--stage", "transform", "--report", "billings_by_plan"]).exits(3);
}

#[test]
fn artifacts_follow_the_lake_also_when_it_was_rebuilt_from_other_files() {
    let invoice = |status: &str| {
        format!("id,status,total,credit_type_id,credit_type_name,start_timestamp\ni1,{status},5,x,EUR,2024-03-01\n")
    };
    let project = Project::with(&[("invoice.csv", &invoice("FINALIZED"))]);
    project.run(&[]).exits(0);
    assert!(project.artifact("billings_by_plan").contains(",1,5,0\n"));
    fs::remove_dir_all(project.path("lake")).unwrap();
    project.deliver("invoice.csv", invoice("VOID"));
    project.run(&[]).exits(0);
    assert!(project.artifact("billings_by_plan").contains(",0,0,5\n"), "{}", project.artifact("billings_by_plan"));
}

#[test]
fn a_log_that_lost_its_newest_entry_exits_5_and_nothing_is_published() {
    let project = Project::with(&[("customer.csv", "id,name\nc1,A1 Company\n")]);
    project.normalize();
    project.deliver("customer/dt=2024-04-01/1_20240401040000.csv", "id,name\nc2,Other\n");
    project.normalize();
    fs::remove_file(project.path("lake/egress/customer/_delta_log/00000000000000000001.json")).unwrap();
    project.run(&[]).exits(5).says(&["egress.customer", "version 1 is published"]);
}

#[test]
fn one_changed_byte_of_a_lake_file_exits_5_and_the_file_is_named() {
    let project = Project::with(&[("customer.csv", "id,name\nc1,A1 Company\n"), ("plan.csv", "id,name\np1,Plan\n")]);
    project.run(&[]).exits(0);
    let name = project.names("lake/egress/plan").into_iter().find(|name| name.ends_with(".parquet")).unwrap();
    let path = project.path(&format!("lake/egress/plan/{name}"));
    let whole = fs::read(&path).unwrap();
    for place in (4..whole.len()).step_by(whole.len() / 5) {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        fs::write(&path, bytes).unwrap();
        project.run(&["--param", "billing_month=2024-04"]).exits(5).says(&[&name]);
    }
}

#[test]
fn a_file_that_came_again_with_fewer_rows_takes_them_out_of_the_lake() {
    let project = Project::with(&[("plan.csv", "id,name\np1,One\np2,Two\n")]);
    project.normalize();
    project.deliver("plan.csv", "id,name\np2,Two again\n");
    project.normalize();
    assert_eq!(project.rows("select id, name from egress.plan"), ["p2,Two again"]);
}

#[test]
fn the_newest_record_is_the_one_written_last_whatever_the_clock_said() {
    let project = Project::with(&[("plan.csv", "id,name\np1,One\n")]);
    project.normalize();
    // A run of a day that never was: its id sorts behind all others.
    let folder = project.path("lake/etl/runs");
    let log = folder.join("_delta_log/00000000000000000001.json");
    let text = fs::read_to_string(&log).unwrap();
    let name = project.names("lake/etl/runs").into_iter().find(|name| name.ends_with(".parquet")).unwrap();
    let later = format!("{}-ffffffff{}", &name[..10], &name[19..]);
    fs::write(&log, text.replace(&name, &later)).unwrap();
    fs::rename(folder.join(&name), folder.join(&later)).unwrap();
    // What was remembered of the log as it was.
    fs::remove_file(folder.join("_newest.json")).unwrap();
    project.deliver("plan/dt=2024-04-01/1_20240401040000.csv", "id,name\np2,Two\n");
    project.normalize();
    assert_eq!(project.rows("select count(*) from egress.plan"), ["2"]);
}

#[test]
fn one_changed_byte_of_a_report_in_the_lake_is_never_printed() {
    let project = Project::with(&[("plan.csv", "id,name\np1,Plan\n")]);
    project.run(&["--report", "billings_by_plan"]).exits(0);
    let name = project.names("lake/marts").into_iter().find(|name| name.ends_with(".parquet")).unwrap();
    let path = project.path(&format!("lake/marts/{name}"));
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    fs::remove_dir_all(project.path("artifacts")).unwrap();
    project.run(&["--stage", "load", "--report", "billings_by_plan"]).exits(5).says(&[".parquet", "hint:"]);
    assert!(!project.path("artifacts").exists());
}
