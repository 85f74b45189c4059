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
        ("_manifests/customer/dt=2024-03-01/manifest_1.json", "{}"),
        (".DS_Store", "what a file manager leaves"),
        ("mystery/dt=2024-03-01/1_20240301040000.csv", "id\n1\n"),
        ("proforma_invoice.csv", "id\n1\n"),
        ("notes.txt", "not an export"),
    ]);
    project.deliver("Some Egress Data - line_item.csv.gz", gzip("id,invoice_id\nline-1,invoice-1\n"));
    let events = zstd::encode_all(&b"transaction_id,timestamp\nevent-1,2024-03-10 0:00:00\n"[..], 1).unwrap();
    project.deliver("events/dt=2024-03-11/1_20240311020000.csv.zst", events);

    let run = project.run(&["--stage", "normalize", "--output", "json"]).exits(0);

    let unmatched = ["mystery/dt=2024-03-01/1_20240301040000.csv", "notes.txt", "proforma_invoice.csv"];
    assert_eq!(run.json()["unmatched_files"], json!(unmatched));
    let run = run.says(&unmatched);
    assert!(!run.stderr.contains("manifest") && !run.stderr.contains("DS_Store"), "{}", run.stderr);
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
