//! Parameters that need no edits: what they come to follows the data and the day of the run.

use std::fs;

use crate::project::Project;

/// Two plans' invoices of three months, the last issued in the middle of April.
fn project() -> Project {
    let invoice = |id: &str, month: &str, next: &str, issued: &str| {
        format!(
            "{id},FINALIZED,100,2714e483-4ff1-48e4-9e25-ac732e8f24f2,USD (cents),c1,p1,Plan,{month}-01 0:00:00,{next}-01 0:00:00,{issued} 0:00:00\n"
        )
    };
    let header = "id,status,total,credit_type_id,credit_type_name,customer_id,plan_id,plan_name,start_timestamp,end_timestamp,issued_at\n";
    let invoices = [
        invoice("i1", "2024-01", "2024-02", "2024-02-02"),
        invoice("i2", "2024-02", "2024-03", "2024-03-02"),
        invoice("i3", "2024-03", "2024-04", "2024-04-15"),
    ];
    let lines =
        ["i1", "i2", "i3"].map(|id| format!("l{id},{id},Fee,100,2714e483-4ff1-48e4-9e25-ac732e8f24f2,USD (cents)\n"));
    let project = Project::with(&[
        ("customer.csv", "id,name\nc1,A1 Company\nc2,\"Acme, Inc.\"\n"),
        ("plan.csv", "id,name\np1,Plan\n"),
        ("invoice.csv", &format!("{header}{}", invoices.concat())),
        ("line_item.csv", &format!("id,invoice_id,name,total,credit_type_id,credit_type_name\n{}", lines.concat())),
    ]);
    project.write("pipeline.toml", "");
    project
}

fn month(project: &Project) -> String {
    let artifact = project.artifact("billings_by_plan");
    let month = artifact.lines().find_map(|line| line.split(',').nth(2).filter(|month| month.starts_with("20")));
    month.unwrap_or_default().to_owned()
}

#[test]
fn without_settings_the_newest_month_with_invoices_is_reported_as_it_was_known_on_the_day_of_the_run() {
    let project = project();
    project.run(&["--date", "2024-05-02"]).exits(0).says(&["for 2024-05-02: billing_month 2024-03"]);
    assert_eq!(month(&project), "2024-03-01");
    let manifest: serde_json::Value = serde_json::from_str(&project.read("artifacts/manifest.json")).unwrap();
    let parameter = |name: &str| manifest["parameters"][name].as_str().unwrap().to_owned();
    assert_eq!(
        [parameter("billing_month"), parameter("images_from"), parameter("images_through")],
        ["2024-03", "2024-03-01", "2024-03-31"]
    );
    assert_eq!(parameter("customer_name"), "*");
    assert!(project.rows("select parameters from etl.runs")[0].contains(r#"""billing_month"":""2024-03"""#));

    // March was issued on April 15.
    let artifacts = project.files("artifacts");
    project.run(&["--date", "2024-04-05"]).exits(0);
    assert_eq!(month(&project), "2024-02-01");
    project.run(&["--date", "2024-05-02"]).exits(0);
    let csvs = |files: &[(String, Vec<u8>)]| {
        files.iter().filter(|(name, _)| name.ends_with(".csv")).cloned().collect::<Vec<_>>()
    };
    assert!(csvs(&project.files("artifacts")) == csvs(&artifacts), "the same day repeats the same figures");
    // Nothing that counts has changed on another day.
    let again = project.run(&["--date", "2024-05-03", "--output", "json"]).exits(0).json();
    assert_eq!(again["status"], "unchanged");
}

#[test]
fn previous_and_current_count_from_the_day_of_the_run_and_the_basis_says_which_month_is_the_newest() {
    let project = project();
    for (given, date, expected) in [
        ("billing_month=previous", "2024-03-31", "2024-02-01"),
        ("billing_month=current", "2024-03-31", "2024-03-01"),
        ("billing_month=2024-01", "2024-03-31", "2024-01-01"),
        ("billing_month_basis=issued_at", "2024-05-02", "2024-04-01"),
    ] {
        project.run(&["--date", date, "--param", given]).exits(0);
        assert_eq!(month(&project), expected, "{given} on {date}");
    }
    project.run(&["--date", "yesterday"]).exits(2).says(&["`--date` is `yesterday`", "a day like 2024-04-05"]);
}

#[test]
fn a_question_is_about_the_month_that_was_published_unless_it_asks_for_another() {
    let project = project();
    project.run(&["--date", "2024-04-05"]).exits(0);
    let count = |words: &[&str]| {
        let query = ["sql", "--format", "csv", "-c", "select billing_month from billings_by_plan"];
        project.etl(&[&query[..], words].concat()).exits(0).stdout
    };
    assert_eq!(count(&[]), "billing_month\n2024-02-01\n");
    assert_eq!(count(&["--param", "billing_month=latest"]), "billing_month\n2024-03-01\n");
    assert_eq!(count(&["--param", "billing_month=2024-01"]), "billing_month\n2024-01-01\n");
    project.etl(&["explain", "billings_by_plan", "plan_id=p1"]).exits(0);
}

#[test]
fn all_that_is_wrong_with_parameters_is_said_at_once_before_anything_is_read() {
    let project = project();
    project.write(
        "pipeline.toml",
        "[parameters]\nbilling_month = \"2024-3\"\nreporting_time_zone = \"Mars\"\nbreakage = \"later\"\nimages_from = \"x\"\n",
    );
    for words in [&["run"][..], &["check"], &["plan"]] {
        let refused = project.etl(words).exits(2);
        refused.says(&["4 parameters", "pipeline.toml:2", "`2024-3`", "pipeline.toml:3", "`Mars`", "`later`", "`x`"]);
    }
    assert!(!project.path("lake").exists());
}

#[test]
fn a_name_or_a_month_that_matches_nothing_is_a_warning_with_near_names_in_the_summary_too() {
    let project = project();
    let words = ["--param", "customer_name=A1 Compny, *Company", "--param", "billing_month=2024-05"];
    for turn in ["made", "unchanged"] {
        let run = project.run(&words).exits(0);
        let (said, summary) = (run.stderr.clone(), run.stdout);
        for text in [said, summary] {
            assert!(text.contains("A1 Compny") && text.contains(r#""did_you_mean":"A1 Company""#), "{turn}: {text}");
            assert!(text.contains(r#""month_before_with_invoices":"2024-03-01""#), "{turn}: {text}");
        }
    }
    let warnings = project.run(&[&words[..], &["--output", "json"]].concat()).exits(0).json()["warnings"].clone();
    assert_eq!(warnings.as_array().map(Vec::len), Some(2), "{warnings}");
    let fine = project.run(&["--param", "customer_name=A*", "--param", "billing_month=2024-01", "--output", "json"]);
    assert_eq!(fine.exits(0).json()["warnings"], serde_json::json!([]));
}

#[test]
fn charges_are_set_out_of_one_customer_several_or_all() {
    let project = project();
    project.deliver(
        "invoice (2).csv",
        project.read("landing/egress/invoice.csv").replace(",c1,", ",c2,").replace("\ni", "\nj"),
    );
    project.deliver(
        "line_item (2).csv",
        project
            .read("landing/egress/line_item.csv")
            .replace(",i1,", ",j1,")
            .replace(",i2,", ",j2,")
            .replace(",i3,", ",j3,")
            .replace("\nl", "\nm"),
    );
    let names = |given: &str| {
        fs::write(project.path("pipeline.toml"), format!("[parameters]\nbilling_month = \"2024-03\"\n{given}"))
            .unwrap();
        project.run(&["--report", "invoice_charges"]).exits(0);
        let query = "select distinct customer_name from invoice_charges order by customer_name";
        project.rows(query)
    };
    assert_eq!(names(""), ["A1 Company", "\"Acme, Inc.\""]);
    assert_eq!(names("customer_name = \"A1 Company\""), ["A1 Company"]);
    assert_eq!(
        names("customer_name = \"Acme, Inc.\""),
        ["\"Acme, Inc.\""],
        "a name is one name, whatever stands in it"
    );
    assert_eq!(names("customer_name = [\"Acme, Inc.\", \"A1*\"]"), ["A1 Company", "\"Acme, Inc.\""]);
}
