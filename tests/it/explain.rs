//! `etl explain`: a figure down to the rows of files and the answers that it comes from.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::project::{Outcome, Project, files};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const USD: &str = "2714e483-4ff1-48e4-9e25-ac732e8f24f2";

/// Two plans, three months, two currencies; one line of an invoice has sub lines.
fn account() -> Project {
    let project = Project::with(&[
        ("customer.csv", "id,name\nc1,A1 Company\nc2,Other Company\n"),
        ("plan.csv", "id,name\np1,Pro\np2,\"Idle, yearly\"\n"),
    ]);
    project.deliver("invoice.csv", invoices("1000.5"));
    project.deliver(
        "line_item.csv",
        format!(
            "id,invoice_id,name,quantity,total,credit_type_id,credit_type_name\n\
             l1,i1,Images,,1000.5,{USD},USD (cents)\n\
             l2,i2,Images,1,300,{USD},USD (cents)\n\
             l3,i3,Fee,1,12.5,eur,EUR\n\
             l4,i4,Fee,1,200,{USD},USD\n"
        ),
    );
    project.deliver(
        "sub_line_item.csv",
        "id,line_item_id,name,quantity,subtotal\ns1,l1,large,3,1000\ns2,l1,small,1,0.5\n",
    );
    project
}

fn invoices(total: &str) -> String {
    format!(
        "id,status,total,credit_type_id,credit_type_name,customer_id,plan_id,plan_name,start_timestamp,end_timestamp,\
         issued_at\n\
         i2,FINALIZED,300,{USD},USD,c1,p1,Pro,2024-02-01,2024-03-01,2024-03-01\n\
         i1,FINALIZED,{total},{USD},USD,c1,p1,Pro,2024-03-01,2024-04-01,2024-04-01\n\
         i3,FINALIZED,12.5,eur,EUR,c2,p1,Pro,2024-03-01,2024-04-01,2024-04-01\n\
         i4,FINALIZED,200,{USD},USD,c2,p1,Pro,2024-03-01,2024-04-01,2024-04-01\n"
    )
}

fn json(project: &Project, words: &[&str]) -> Value {
    let outcome = project.etl(&[&["--output", "json", "explain"], words].concat()).exits(0);
    assert_eq!(outcome.stdout.lines().count(), 1);
    outcome.json()
}

#[track_caller]
fn step<'a>(explanation: &'a Value, model: &str) -> &'a Value {
    let steps = explanation["steps"].as_array().unwrap();
    steps.iter().find(|step| step["model"] == model).unwrap_or_else(|| panic!("no {model} in {explanation:#}"))
}

/// A column of the rows shown.
fn column(step: &Value, name: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    step["rows"].as_array().unwrap().iter().map(|row| text(&row[name])).collect()
}

#[test]
fn a_figure_of_the_sample_ends_at_the_rows_and_answers_that_hold_it() {
    let project = Project::new();
    project.write("pipeline.toml", fs::read_to_string(Path::new(ROOT).join("pipeline.toml")).unwrap());
    for (name, bytes) in files(&Path::new(ROOT).join("landing/egress")) {
        project.deliver(&name, bytes);
    }
    project.run(&["--report", "billings_by_plan,customer_summary"]).exits(0);
    let before = project.files("lake");

    // The export: the invoices of a plan, each in the row of the file that is named.
    let explanation = json(&project, &["billings_by_plan", "plan_name=Model Studio"]);
    assert_eq!(explanation["is_made_again"], true);
    let figure = step(&explanation, "billings_by_plan")["rows"][0]["total_amount"].clone();
    let invoices = step(&explanation, "stg_egress__invoices");
    assert_eq!((invoices["layer"].as_str(), invoices["total_rows"].as_u64()), (Some("staging"), Some(3)));
    for step_name in ["int_invoices_dated", "stg_egress__invoices", "stg_egress__line_items"] {
        let sums = &step(&explanation, step_name)["sums"][0];
        assert_eq!((&sums["currency"], &sums["total_amount"]), (&"USD".into(), &figure), "{step_name} does not foot");
    }
    for row in invoices["rows"].as_array().unwrap() {
        let (file, number) = (row["_source_file"].as_str().unwrap(), row["_source_row"].as_u64().unwrap());
        let mut delivered = csv::Reader::from_path(project.path("landing/egress").join(file)).unwrap();
        let id = delivered.headers().unwrap().iter().position(|name| name == "id").unwrap();
        let record = delivered.records().nth(usize::try_from(number).unwrap() - 1).unwrap().unwrap();
        assert_eq!(record[id], *row["invoice_id"].as_str().unwrap(), "{file} row {number}");
        let is_named = |source: &&Value| source["file"] == file && source["row"] == number;
        assert!(explanation["sources"].as_array().unwrap().iter().any(|source| is_named(&source)), "{file} {number}");
    }

    // The API: the invoices of a customer, each where the answer's pointer says, and what had been asked.
    let explanation = json(&project, &["customer_summary", "customer_name=A1 Company,currency=USD"]);
    let invoices = step(&explanation, "stg_api__invoices");
    assert!(invoices["total_rows"].as_u64() > Some(1), "{invoices}");
    for row in invoices["rows"].as_array().unwrap() {
        let text = |name: &str| row[name].as_str().unwrap();
        let (file, answer, pointer) = (text("_source_file"), &row["_source_row"], text("_source_pointer"));
        let is_named =
            |source: &&Value| source["file"] == file && source["row"] == *answer && source["pointer"] == pointer;
        let sources = explanation["sources"].as_array().unwrap();
        let request = &sources.iter().find(is_named).unwrap()["request"];
        let asked = format!("/v1/customers/{}/invoices", text("customer_id"));
        assert_eq!(request["method"], "GET");
        assert!(request["path"].as_str().unwrap().starts_with(&asked), "{request}");
        let query =
            format!("select body from raw.api_responses where _source_file = '{file}' and _source_row = {answer}");
        let body = project.etl(&["sql", "--format", "json", "-c", &query]).exits(0).json();
        let body: Value = serde_json::from_str(body["body"].as_str().unwrap()).unwrap();
        assert_eq!(body.pointer(pointer).unwrap()["id"], text("invoice_id"));
    }
    assert!(project.files("lake") == before, "an explanation writes nothing");
}

#[test]
fn people_see_each_step_with_its_sum_and_where_its_rows_came_from() {
    let project = account();
    project.run(&["--report", "billings_by_plan"]).exits(0);
    let text = project.etl(&["explain", "billings_by_plan", "plan_id=p1,currency=USD"]).exits(0).stdout;
    for part in [
        "billings_by_plan where plan_id=p1,currency=USD",
        "billing_month 2024-03",
        "int_invoices_dated: Invoices with the month they bill and the customer's name, one row each.\n2 rows, by ",
        "sum in USD: total_amount 12.005",
        "stg_egress__line_items: ",
        "not read by the report",
        "\n  invoice.csv: row 2, 4\n",
        "\n  sub_line_item.csv: row 1, 2\n",
        "\n  plan.csv: row 1\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("i2") && !text.contains("i3"), "February and euros are not of this figure\n{text}");
    assert!(!text.contains("product_id"), "a column without a value is not shown\n{text}");
}

#[test]
fn rows_that_share_a_key_are_explained_together_up_to_the_limit() {
    let project = account();
    project.run(&["--report", "billings_by_plan"]).exits(0);
    let text = project.etl(&["explain", "billings_by_plan", "plan_name=Pro", "--limit", "1"]).exits(0).stdout;
    assert!(text.contains("1 of 2 rows, by plan_name; 1 more with a greater --limit"), "{text}");
    assert!(text.contains("1 of 3 rows"), "{text}");
    assert!(text.contains("sum in EUR: total_amount 12.5"), "what is not shown is added up too\n{text}");
    let explanation = json(&project, &["billings_by_plan", "billing_month=2024-03,plan_name=Pro", "--limit", "2"]);
    assert_eq!(explanation["key"], serde_json::json!({"billing_month": "2024-03", "plan_name": "Pro"}));
    let invoices = step(&explanation, "stg_egress__invoices");
    assert_eq!((column(invoices, "invoice_id"), &invoices["total_rows"]), (vec!["i1".into(), "i3".into()], &3.into()));
    assert_eq!(step(&explanation, "billings_by_plan")["total_rows"], 2);
}

#[test]
fn a_report_is_explained_as_it_was_made() {
    let project = account();
    let february = ["--report", "billings_by_plan", "--param", "billing_month=2024-02"];
    project.run(&february).exits(0);
    // Newer rows in the lake, of which no report was made.
    project.deliver("invoice.csv", invoices("1000.5").replace(",300,", ",400,"));
    project.normalize();
    let outcome = project.etl(&["explain", "billings_by_plan", "plan_id=p1,currency=USD"]).exits(0);
    let outcome = outcome.says(&["`billing_month` is `2024-03` in the settings", "made with `2024-02`"]);
    assert!(outcome.stdout.contains("billing_month 2024-02"), "{}", outcome.stdout);
    let explanation = json(&project, &["billings_by_plan", "plan_id=p1,currency=USD"]);
    assert_eq!(explanation["is_made_again"], true);
    assert_eq!(column(step(&explanation, "stg_egress__invoices"), "total_amount"), ["3"]);
    assert_eq!(explanation["parameters"]["billing_month"], "2024-02");

    // A project's own SQL that makes another figure of the same rows.
    let sql = fs::read_to_string(Path::new(ROOT).join("sql/marts/billings_by_plan.sql")).unwrap();
    let other = sql.replace("summed.total_amount,\n", "summed.total_amount + 1 as total_amount,\n");
    assert_ne!(sql, other);
    project.write("sql/marts/billings_by_plan.sql", other);
    let outcome = project.etl(&["explain", "billings_by_plan", "plan_id=p1,currency=USD"]).exits(0);
    assert!(outcome.stdout.contains("made again, these rows are others"), "{}", outcome.stdout);
}

#[test]
fn what_is_not_there_ends_with_2_names_what_is_near_and_writes_nothing() {
    let project = account();
    let refused = |words: &[&str], parts: &[&str]| -> Outcome {
        project.etl(&[&["explain"], words].concat()).exits(2).says(parts)
    };
    refused(&["billings_by_plan", "plan_id=p1"], &["no lake here", "etl run"]);
    assert!(!project.path("lake").exists());
    project.normalize();
    refused(&["billings_by_plan", "plan_id=p1"], &["was not published", "etl run"]);
    project.run(&["--report", "billings_by_plan"]).exits(0);
    let before = (project.files("lake"), project.files("artifacts"));
    refused(&["billing_by_plan", "plan_id=p1"], &["no report `billing_by_plan`", "did you mean `billings_by_plan`?"]);
    refused(&["int_invoices_dated", "plan_id=p1"], &["no report `int_invoices_dated`", "the reports are"]);
    refused(&["images_by_size", "image_size=1x1"], &["images_by_size was not published"]);
    refused(&["billings_by_plan", "plan=p1"], &["no column `plan`", "its columns are plan_id"]);
    refused(&["billings_by_plan", "curency=USD"], &["no column `curency`", "did you mean `currency`?"]);
    refused(&["billings_by_plan", "plan_id"], &["`plan_id` is not of the form column=value"]);
    refused(&["billings_by_plan", "billing_month=March"], &["`billing_month` is `March`", "2024-03"]);
    refused(&["billings_by_plan", "invoice_count=many"], &["`invoice_count` is `many`", "a whole number"]);
    refused(&["billings_by_plan", "plan_name=Pros"], &["no row of billings_by_plan has plan_name=Pros", "mean `Pro`?"]);
    refused(&["billings_by_plan", "plan_name=Pro,currency=CHF"], &["has currency=CHF", "currency is EUR or USD there"]);
    refused(&["billings_by_plan", "plan_name=Pro,currency=USD,invoice_count=1"], &["invoice_count is 2 there"]);
    refused(&["billings_by_plan", "plan_name=\"Idle, yaerly\""], &["did you mean `Idle, yearly`?"]);
    assert!((project.files("lake"), project.files("artifacts")) == before);
    project.etl(&["explain", "billings_by_plan", "plan_name=\"Idle, yearly\",currency=,total_amount=0.0"]).exits(0);
}
