//! What is not known is empty or blocks; it is never 0, and never a part of a sum as if it were nothing.

use crate::project::Project;

const USD: &str = "2714e483-4ff1-48e4-9e25-ac732e8f24f2";

/// Two finalized invoices of one plan, with these totals and this end of the second's period.
fn account(totals: [&str; 2], end: &str) -> Project {
    let project = Project::with(&[
        ("customer.csv", "id,name\nc1,A1 Company\n"),
        ("plan.csv", "id,name\np1,Pro\n"),
        ("plan_charge.csv", &format!("id,plan_id,credit_type_id,credit_type_name\nx1,p1,{USD},USD (cents)\n")),
    ]);
    let [first, second] = totals;
    project.deliver(
        "invoice.csv",
        format!(
            "id,status,total,credit_type_id,credit_type_name,customer_id,plan_id,plan_name,start_timestamp,end_timestamp,issued_at\n\
             i1,FINALIZED,{first},{USD},USD (cents),c1,p1,Pro,2024-03-01,2024-04-01,2024-04-01\n\
             i2,FINALIZED,{second},{USD},USD (cents),c1,p1,Pro,2024-03-01,{end},2024-04-01\n"
        ),
    );
    project.deliver(
        "line_item.csv",
        format!(
            "id,invoice_id,name,quantity,total,credit_type_id,credit_type_name\n\
             l1,i1,Fee,1,{first},{USD},USD (cents)\nl2,i2,Fee,1,{second},{USD},USD (cents)\n"
        ),
    );
    project
}

#[test]
fn one_total_that_is_missing_leaves_no_sum() {
    let project = account(["100", ""], "2024-04-01");
    project.run(&[]).exits(0);
    assert_eq!(project.rows("select invoice_count, total_amount from billings_by_plan"), ["2,"]);
    assert_eq!(project.rows("select finalized_total_amount from customer_summary where currency = 'USD'"), [""]);
    let whole = account(["100", "300"], "2024-04-01");
    whole.run(&[]).exits(0);
    assert_eq!(whole.rows("select invoice_count, total_amount from billings_by_plan"), ["2,4"]);
    // Asked whether all reconciles, it does not.
    let project = project.whole();
    project.run(&[]).exits(3);
    let codes = project.rows("select distinct code from reconciliation_exceptions where code like '%WITHOUT%'");
    assert!(!codes.is_empty(), "nothing says that an amount is missing");
}

#[test]
fn a_period_that_ends_never_is_reported_in_the_month_it_begins_in() {
    for end in ["9999-12-31", "9999-12-31T23:59:59Z", "2262-05-01", "0001-01-01"] {
        let project = account(["100", "300"], end).whole();
        project.run(&[]).exits(0);
        assert_eq!(project.rows("select total_amount from billings_by_plan"), ["4"], "{end}");
        let schedule = "select month, money_sum(recognized_amount) from revenue_schedule group by month order by month";
        assert_eq!(project.rows(schedule), ["2024-03-01,4"], "{end}");
        let codes = project.rows("select code, invoice_id from reconciliation_exceptions");
        assert_eq!(codes, ["PERIOD_WITHOUT_END,i2"], "{end}");
    }
}

/// Events of one image each, with these properties.
fn events(properties: &[&str]) -> Project {
    let rows: String = properties
        .iter()
        .enumerate()
        .map(|(place, text)| format!("e{place},2024-03-11,image,c1,\"{}\"\n", text.replace('"', "\"\"")))
        .collect();
    Project::with(&[
        ("events.csv", &format!("transaction_id,timestamp,event_type,customer_id,properties\n{rows}")),
        ("billable_metric.csv", "id,name,aggregate,aggregate_keys\nm1,Images (512x512),sum,\"[\"\"num_images\"\"]\"\n"),
    ])
}

#[test]
fn properties_in_a_json_string_or_a_list_of_pairs_are_read_and_what_is_no_object_blocks() {
    let object = r#"{"image_size":"512x512","num_images":2}"#;
    let in_string = serde_json::to_string(object).unwrap();
    let pairs = r#"[{"key":"image_size","value":"512x512"},{"key":"num_images","value":3}]"#;
    let project = events(&[object, &in_string, pairs]);
    project.run(&["--report", "images_by_size"]).exits(0);
    assert_eq!(project.artifact("images_by_size"), "image_size,image_count\n512x512,7\n");

    let project = events(&[object, "[1,2]"]);
    project.run(&["--report", "images_by_size"]).exits(3).says(&["event_properties_are_objects", "e1"]);
}

#[test]
fn a_number_of_images_that_is_null_is_not_zero_and_a_report_that_finds_no_event_says_so() {
    let project =
        events(&[r#"{"image_size":"512x512","num_images":null}"#, r#"{"image_size":"512x512","num_images":2}"#]);
    let run = project.run(&["--report", "images_by_size"]).exits(0);
    assert_eq!(project.artifact("images_by_size"), "image_size,image_count\n512x512,\n");
    assert!(run.stdout.contains("warning: ") && run.stdout.contains("image_events_are_counted"), "{}", run.stdout);

    let project = events(&[r#"{"imageSize":"512x512","num_images":2}"#]);
    let run = project.run(&["--report", "images_by_size"]).exits(0);
    assert!(run.stdout.contains("none of them names an image size"), "{}", run.stdout);
}

#[test]
fn one_id_for_two_events_that_differ_in_what_is_added_up_blocks() {
    let header = "transaction_id,timestamp,event_type,customer_id,properties\n";
    let event = |images: &str| {
        format!("e1,2024-03-11,image,c1,\"{{\"\"image_size\"\":\"\"512x512\"\",\"\"num_images\"\":{images}}}\"\n")
    };
    let project = Project::with(&[("events.csv", &format!("{header}{}{}", event("2"), event("3")))]).whole();
    project.run(&[]).exits(3).says(&["EVENT_WITH_TWO_CONTENTS"]);
    let told = project.rows("select code, item, difference_amount from reconciliation_exceptions");
    assert!(told.len() == 1 && told[0].starts_with("EVENT_WITH_TWO_CONTENTS,"), "{told:?}");
    // The same event twice is one.
    let project = Project::with(&[("events.csv", &format!("{header}{}{}", event("2"), event("2")))]).whole();
    project.run(&[]).exits(0);
}

#[test]
fn a_file_in_which_every_field_is_quoted_gives_the_same_bytes() {
    let plain = account(["100", "300"], "2024-04-01");
    plain.run(&[]).exits(0);
    let quoted = account(["100", "300"], "2024-04-01");
    for name in quoted.names("landing/egress") {
        let path = format!("landing/egress/{name}");
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        let text = quoted.read(&path);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        for record in reader.records() {
            writer.write_record(&record.unwrap()).unwrap();
        }
        quoted.write(&path, writer.into_inner().unwrap());
    }
    quoted.run(&[]).exits(0);
    for report in ["billings_by_plan", "customer_summary", "invoice_charges"] {
        assert_eq!(quoted.artifact(report), plain.artifact(report), "{report}");
    }
}
