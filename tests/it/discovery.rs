//! Which files in landing are export files, and of which table.

use std::fs;
use std::io::Write;

use serde_json::json;

use crate::project::Project;

fn gzip(text: &str) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap()
}

#[test]
fn flat_files_and_object_storage_are_found_plain_or_compressed_and_the_rest_is_named() {
    let project = Project::with(&[
        ("invoice.csv", "id,total\ninvoice-1,100\n"),
        ("Some Egress Data - sub_line_item.csv", "id,line_item_id\nsub-1,line-1\nsub-2,line-1\n"),
        ("customer/dt=2024-03-01/1_20240301040000.csv", "id,name\ncustomer-1,A1 Company\n"),
        (
            "_manifests/customer/dt=2024-03-01/manifest_1.json",
            "{\"files\":[{\"data_file_key\":\"x/customer/dt=2024-03-01/1_20240301040000.csv\"}]}",
        ),
        (".DS_Store", "what a file manager leaves"),
        ("notes.txt", "not an export"),
        ("events/_SUCCESS", ""),
        ("events/_committed_1", "{}"),
        ("events/dt=2024-03-11/.1_20240311020000.csv.zst.crc", "crc"),
    ]);
    project.deliver("Some Egress Data - line_item.csv.gz", gzip("id,invoice_id\nline-1,invoice-1\n"));
    let events = zstd::encode_all(&b"transaction_id,timestamp\nevent-1,2024-03-10 0:00:00\n"[..], 1).unwrap();
    project.deliver("events/dt=2024-03-11/1_20240311020000.csv.zst", events);

    let run = project.run(&["--stage", "normalize", "--output", "json"]).exits(0);

    let unmatched = ["notes.txt"];
    assert_eq!(run.json()["unmatched_files"], json!(unmatched));
    let run = run.says(&unmatched);
    for hidden in ["manifest", "DS_Store", "_SUCCESS", "_committed", "crc"] {
        assert!(!run.stderr.contains(hidden), "{}", run.stderr);
    }
    let counts = project.sql(
        "select 'customer' as table_name, count(*) as rows from egress.customer
         union all select 'events', count(*) from egress.events
         union all select 'invoice', count(*) from egress.invoice
         union all select 'line_item', count(*) from egress.line_item
         union all select 'sub_line_item', count(*) from egress.sub_line_item
         order by table_name",
    );
    assert_eq!(counts, "table_name,rows\ncustomer,1\nevents,1\ninvoice,1\nline_item,1\nsub_line_item,2\n");
    let lineage = "select _source_file, _source_row, _transferred_at from egress.events";
    let expected = "_source_file,_source_row,_transferred_at\n\
                    events/dt=2024-03-11/1_20240311020000.csv.zst,1,2024-03-11T02:00:00Z\n";
    assert_eq!(project.sql(lineage), expected);
}

#[test]
fn parts_count_as_numbers_and_transfers_by_their_time_whatever_their_folder_says() {
    let name = |name: &str| format!("id,name\ncustomer-1,{name}\n");
    let project = Project::with(&[
        ("customer/dt=2024-03-02/9_20240302040000.csv", &name("part 9")),
        ("customer/dt=2024-03-02/10_20240302040000.csv", &name("part 10")),
        ("customer/dt=2024-03-09/99_20240301040000.csv", &name("an earlier transfer")),
        ("customer.csv", &name("a flat file")),
    ]);
    project.normalize();
    assert_eq!(project.sql("select name from egress.customer"), "name\npart 10\n");
}

#[test]
fn no_export_files_at_all_and_an_empty_lake_are_a_mistake_and_not_a_month_of_nothing() {
    let project = Project::new();
    project.run(&[]).exits(2).says(&["no export files", "hint:"]);
    assert!(!project.path("artifacts").exists());
    project.deliver("customer.csv", "id,name\nc1,A1 Company\n");
    project.run(&[]).exits(0);
    assert_eq!(project.artifact("images_by_size"), "image_size,image_count\n");
    for report in ["invoice_charges", "billings_by_plan"] {
        assert_eq!(project.artifact(report).lines().count(), 1, "{report}");
    }
    std::fs::remove_file(project.path("landing/egress/customer.csv")).unwrap();
    project.run(&[]).exits(0).says(&["no export files"]);
    assert_eq!(project.rows("select count(*) from current.customer"), ["1"], "the lake keeps what it took");
}

#[test]
fn a_missing_landing_folder_is_a_usage_error_and_publishes_nothing() {
    let project = Project::new();
    fs::remove_dir_all(project.path("landing")).unwrap();
    project.run(&[]).exits(2).says(&["landing", "is not there"]);
    assert!(!project.path("artifacts").exists());
    assert!(!project.path("lake/etl").exists());
}

#[test]
fn another_folder_of_export_files_can_be_named_with_or_without_an_egress_folder_in_it() {
    let project = Project::new();
    project.write("elsewhere/customer.csv", "id,name\nc,flat\n");
    project.write("nested/egress/customer.csv", "id,name\nc,nested\n");
    for (folder, name) in [("elsewhere", "flat"), ("nested", "nested")] {
        let lake = format!("lake-of-{folder}");
        project.etl(&["run", "--stage", "normalize", "--landing", folder, "--lake", &lake]).exits(0);
        let rows = project.etl(&[
            "sql",
            "--lake",
            &lake,
            "--format",
            "csv",
            "-c",
            "select name, _source_file from egress.customer",
        ]);
        assert_eq!(rows.exits(0).stdout, format!("name,_source_file\n{name},customer.csv\n"));
    }
}

#[test]
fn in_the_folder_of_a_table_every_data_file_is_read_whatever_a_writer_calls_it() {
    let name = |name: &str| format!("id,name,updated_at\nc-{name},{name},\n");
    let part = "part-00000-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
    let project = Project::with(&[
        (&format!("customer/dt=2024-04-03/{part}.c000.csv"), &name("spark")),
        ("CUSTOMER/dt=2024-04-04/data_0_0_0.CSV", &name("snowflake")),
        ("customer/region=eu/0000_part_00", &name("redshift")),
        ("customer/000000000000.csv", &name("bigquery")),
        ("customer/invoice-manifest.json", "{}"),
        ("customer/_SUCCESS", ""),
    ]);
    project.deliver("customer/0001_part_00", gzip(&name("gzip")));
    let run = project.normalize();
    assert!(!run.stderr.contains("WARN"), "{}", run.stderr);
    let rows = project.rows("select name, _transferred_at from egress.customer order by name");
    assert_eq!(
        rows,
        ["bigquery,", "gzip,", "redshift,", "snowflake,2024-04-04T00:00:00Z", "spark,2024-04-03T00:00:00Z"]
    );
}

#[test]
fn files_as_browsers_and_exporters_name_them_are_their_table_s() {
    for name in [
        "invoice (1).csv",
        "invoice-000000000000.csv",
        "INVOICE.CSV",
        "Copy of invoice.csv",
        "invoice_0_0_0.CSV",
        "invoice",
        "invoice_0000_part_00",
        "invoice.csv.1",
        "invoice_deadbeef-cafe-4bad-face-decadedecade.csv",
    ] {
        let project = Project::with(&[(name, "id,total,updated_at\ni1,1.5,\n")]);
        project.normalize();
        assert_eq!(project.rows("select total, _source_file from egress.invoice"), [format!("1.5,{name}")], "{name}");
    }
}

#[test]
fn delivered_data_that_is_not_read_stops_the_run_before_anything_is_written() {
    for (name, parts) in [
        ("mystery/dt=2024-03-01/1_20240301040000.csv", &["belongs to no table"][..]),
        ("proforma_invoice.csv", &["belongs to no table"]),
        ("invoices.csv", &["belongs to no table", "did you mean `invoice`?"]),
        ("1.parquet", &["belongs to no table"]),
        ("invoice - line_item.csv", &["fits invoice and line_item"]),
        ("invoice.csv.zip", &["invoice in an archive"]),
        ("everything.zip", &["belongs to no table"]),
        ("invoice.xlsx", &["invoice as a workbook"]),
        ("invoice/part-0.avro", &["invoice as Avro"]),
        ("invoice.csv.gpg", &["invoice as an encrypted file"]),
        ("invoice.csv.crdownload", &["it is invoice and, as its name says, still arriving"]),
        ("invoice/part-0.parquet.tmp", &["still arriving"]),
        ("invoice.parquet.gz", &["invoice in an archive"]),
        ("invoice/line_item.csv", &["named after line_item and lies in the folder of invoice"]),
        ("../invoice.csv", &["beside the folder egress"]),
    ] {
        let project = Project::with(&[("customer.csv", "id,name\nc1,A1 Company\n")]);
        project.deliver(name, "id\n1\n");
        project.run(&[]).exits(3).says(parts).says(&["hint:", name.trim_start_matches("../")]);
        assert!(project.names("lake").is_empty(), "{name}");
    }
}

#[test]
fn a_file_that_is_not_what_its_name_says_is_refused_as_such() {
    for (name, what) in [("invoice.csv.gz", "gzip"), ("invoice.csv.zst", "Zstandard"), ("invoice.parquet", "Parquet")] {
        let project = Project::with(&[(name, "id,total\ni1,1\n")]);
        let words = format!("{name}: this is not {what}, though its name says so");
        project.run(&["--stage", "normalize"]).exits(3).says(&[&words, "hint:"]);
    }
}

#[test]
fn what_editors_keep_of_an_older_file_is_named_and_never_read() {
    let project = Project::with(&[("customer.csv", "id,name\nc1,new\n")]);
    for name in ["customer.csv~", "customer.csv.bak", "customer/part-0.parquet.old", "~$customer.csv"] {
        project.deliver(name, "id,name\nc1,old\n");
    }
    let run = project.run(&["--stage", "normalize", "--output", "json"]).exits(0);
    assert_eq!(
        run.json()["unmatched_files"],
        json!(["customer.csv.bak", "customer.csv~", "customer/part-0.parquet.old"])
    );
    assert_eq!(project.rows("select name from egress.customer"), ["new"]);
}

#[test]
fn what_a_table_is_divided_by_stands_in_the_names_of_folders() {
    let project = Project::with(&[
        ("events/environment_type=SANDBOX/event_type=image%20made/0.csv", "transaction_id,timestamp\nt1,2024-03-01\n"),
        (
            "events/environment_type=SANDBOX/EVENT_TYPE=b/0.csv",
            "transaction_id,timestamp,event_type\nt2,2024-03-01,c\n",
        ),
        (
            "events/environment_type=PRODUCTION/event_type=__HIVE_DEFAULT_PARTITION__/0.csv",
            "transaction_id,timestamp\nt1,2024-03-01\n",
        ),
    ]);
    project.normalize();
    let rows = project.rows("select environment_type, transaction_id, event_type from egress.events order by 1, 2");
    assert_eq!(rows, ["PRODUCTION,t1,", "SANDBOX,t1,image made", "SANDBOX,t2,c"]);
    project.deliver("line_item/is_prorated=perhaps/0.csv", "id,total\nl1,1\n");
    let words = "column `is_prorated`, value \"perhaps\": expected true or false";
    project.run(&["--stage", "normalize"]).exits(3).says(&[words]);
}

#[test]
fn files_of_no_table_are_passed_over_where_the_settings_say_so_and_those_of_a_table_never() {
    let project = Project::with(&[("customer.csv", "id,name\nc1,A1 Company\n"), ("proforma_invoice.csv", "id\n1\n")]);
    project.add_settings("quality.unknown_files = \"warn\"");
    let run = project.run(&["--stage", "normalize", "--output", "json"]).exits(0).says(&["proforma_invoice.csv"]);
    assert_eq!(run.json()["unmatched_files"], json!(["proforma_invoice.csv"]));
    project.deliver("invoice.csv.zip", "PK");
    project.run(&["--stage", "normalize"]).exits(3).says(&["invoice.csv.zip"]);
}

#[test]
fn a_table_that_another_program_keeps_with_a_log_is_not_read_as_a_folder_of_files() {
    for (log, what) in [("_delta_log/00000000000000000000.json", "Delta"), ("metadata/v1.metadata.json", "Iceberg")] {
        let project = Project::with(&[(&format!("invoice/{log}"), "{}"), ("invoice/part-0.csv", "id,total\ni1,1\n")]);
        project.run(&["--stage", "normalize"]).exits(3).says(&[&format!("a {what} table of invoice")]);
    }
}

#[test]
fn what_is_no_file_is_named_and_never_opened() {
    let project = Project::with(&[("customer.csv", "id,name\nc1,A1 Company\n")]);
    let path = |name: &str| project.path(&format!("landing/egress/{name}"));
    assert!(std::process::Command::new("mkfifo").arg(path("pipe")).arg(path("notes.csv")).status().unwrap().success());
    fs::create_dir_all(path("backup.csv")).unwrap();
    std::os::unix::fs::symlink(path("nowhere"), path("lost")).unwrap();
    let run = project.run(&["--stage", "normalize", "--output", "json"]).exits(0);
    assert_eq!(run.json()["unmatched_files"], json!(["backup.csv", "lost", "notes.csv", "pipe"]));
    // Where a table's file should be, the table is not whole.
    assert!(std::process::Command::new("mkfifo").arg(path("invoice.csv")).status().unwrap().success());
    project.run(&["--stage", "normalize"]).exits(3).says(&["invoice.csv", "a pipe where a file of invoice should be"]);
}

#[test]
fn a_link_to_a_folder_is_the_folder_and_a_circle_is_walked_once() {
    let project = Project::new();
    project.write("elsewhere/1.csv", "id,name\nc1,A1 Company\n");
    let link = |from: &str, to: &str| {
        std::os::unix::fs::symlink(project.path(from), project.path(&format!("landing/egress/{to}"))).unwrap();
    };
    link("elsewhere", "customer");
    link("landing", "again");
    project.normalize();
    assert_eq!(project.rows("select id, _source_file from egress.customer"), ["c1,customer/1.csv"]);
}

#[test]
fn an_empty_shard_is_passed_over_beside_others_and_alone_it_is_no_file() {
    for empty in ["2 - invoice.csv", "2 - invoice.parquet"] {
        let project = Project::with(&[("1 - invoice.csv", "id,total\ni1,1\n"), (empty, "")]);
        project.normalize().says(&[empty, "holds nothing"]);
        assert_eq!(project.rows("select id from egress.invoice"), ["i1"]);
        project.normalize();
        project.deliver("1 - invoice.csv", "");
        project
            .run(&["--stage", "normalize"])
            .exits(3)
            .says(&["1 - invoice.csv had 1 row and came again without a byte"]);
    }
    let project = Project::with(&[("invoice.csv", "")]);
    project.run(&["--stage", "normalize"]).exits(3).says(&["empty file"]);
    let project = Project::with(&[("1 - invoice.csv", "id,total\ni1,1\n")]);
    project.deliver("2 - invoice.csv.gz", gzip(""));
    project.normalize().says(&["2 - invoice.csv.gz", "holds nothing"]);
}

#[test]
fn a_table_that_had_rows_and_gets_none_where_everything_is_new_is_named() {
    let customers = "id,environment_type,name,updated_at\nc1,PRODUCTION,Ada,2024-04-01\n";
    let plans = "id,environment_type,name,updated_at\np1,PRODUCTION,Gold,2024-04-01\n";
    let project = Project::with(&[("customer.csv", customers), ("plan.csv", plans)]);
    project.normalize();
    // One of the two comes again: that is no delivery of everything.
    project.deliver("customer.csv", customers.replace("Ada", "Ada Ltd"));
    let outcome = project.normalize();
    assert!(!outcome.stderr.contains("is a file missing"), "{}", outcome.stderr);
    std::fs::remove_file(project.path("landing/egress/plan.csv")).unwrap();
    project.deliver("customer.csv", customers.replace("Ada", "Ada plc"));
    project.normalize().says(&["egress.plan had rows before", "is a file missing?"]);
    assert_eq!(project.rows("select name from egress.plan"), ["Gold"]);
}
