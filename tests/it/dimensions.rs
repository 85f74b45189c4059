//! `[dimensions]`: what other systems call a customer or contract stands behind the columns of every report that names one.

use std::fs;
use std::path::Path;

use crate::close::{cloudnet, table};
use crate::project::{Project, files};

const USD: &str = "2714e483-4ff1-48e4-9e25-ac732e8f24f2";
const ERP: &str = "erp_customer_id = \"customer.custom_fields.netsuite_id\"\n";

/// Three customers, of which one is in no other system, and a contract with an invoice each.
fn account(dimensions: &str) -> Project {
    let project = Project::with(&[
        (
            "customer.csv",
            "id,name,salesforce_account_id,custom_fields\n\
             c1,One,001A,\"{\"\"netsuite_id\"\": \"\"=CUS-1\"\", \"\"crm\"\": {\"\"owner\"\": \"\"Ann\"\"}}\"\n\
             c2,Two,,\"{\"\"netsuite_id\"\": 42}\"\n\
             c3,Three,,{}\n",
        ),
        (
            "contracts_contracts.csv",
            "id,snapshot_id,customer_id,name,metadata\n\
             k1,s1,c1,First,\"{\"\"opportunity\"\": \"\"006\"\"}\"\nk2,s1,c2,Second,{}\nk3,s1,c3,Third,{}\n",
        ),
    ]);
    let invoice = |number: u8| {
        format!(
            "i{number},FINALIZED,100,{USD},USD (cents),c{number},k{number},2024-03-01,2024-04-01,2024-04-01,2024-04-02\n"
        )
    };
    let head = "id,status,total,credit_type_id,credit_type_name,customer_id,contract_id,start_timestamp,end_timestamp,issued_at,updated_at\n";
    project.deliver("invoice.csv", [head.to_owned(), invoice(1), invoice(2), invoice(3)].concat());
    if !dimensions.is_empty() {
        project.write("pipeline.toml", format!("[dimensions]\n{dimensions}"));
    }
    project
}

fn column(project: &Project, report: &str, name: &str) -> Vec<String> {
    table(&project.artifact(report)).into_iter().map(|row| row[name].clone()).collect()
}

#[test]
fn a_report_says_what_other_systems_call_its_customers_and_contracts() {
    let project = account(&format!(
        "{ERP}crm_id = \"customer.salesforce_account_id\"\nowner_name = \"customer.custom_fields.crm.owner\"\n\
         opportunity_id = \"contract.custom_fields.opportunity\"\ndeal = \"contract.metadata.opportunity\"\n"
    ));
    let reports = ["--report", "invoice_status,customer_summary,images_by_size"];
    let run = project.run(&reports).exits(0);
    assert_eq!(column(&project, "invoice_status", "invoice_id"), ["i1", "i2", "i3"]);
    assert_eq!(column(&project, "invoice_status", "erp_customer_id"), ["'=CUS-1", "42", ""], "a formula is escaped");
    assert_eq!(column(&project, "invoice_status", "crm_id"), ["001A", "", ""]);
    assert_eq!(column(&project, "invoice_status", "owner_name"), ["Ann", "", ""]);
    assert_eq!(column(&project, "invoice_status", "opportunity_id"), ["006", "", ""]);
    assert_eq!(column(&project, "invoice_status", "deal"), ["006", "", ""]);
    let head = |report: &str| project.artifact(report).lines().next().unwrap().to_owned();
    assert!(head("invoice_status").ends_with(",crm_id,deal,erp_customer_id,opportunity_id,owner_name"));
    assert!(head("customer_summary").ends_with(",crm_id,erp_customer_id,owner_name"), "it names no contract");
    assert_eq!(head("images_by_size"), "image_size,image_count");
    // Who lacks one is named.
    run.says(&["dimensions_are_told", r#""dimension_name":"crm_id""#]);
    let lacking = "select first_row from etl.checks where check_name = 'dimensions_are_told'";
    assert!(project.rows(lacking)[0].contains("c2"), "{:?}", project.rows(lacking));
    // As texts of the lake, of a manifest and of an explanation.
    assert_eq!(project.rows("select erp_customer_id from invoice_status where invoice_id = 'i1'"), ["=CUS-1"]);
    assert!(project.sql("describe invoice_status").contains("opportunity_id"));
    let manifest: serde_json::Value = serde_json::from_str(&project.read("artifacts/manifest.json")).unwrap();
    assert_eq!(manifest["dimensions"]["erp_customer_id"], "customer.custom_fields.netsuite_id");
    let told = project.etl(&["explain", "invoice_status", "erp_customer_id=42"]).exits(0).stdout;
    assert!(told.contains("int_dimensions_told") && told.contains("customer.csv"), "{told}");
    assert!(told.contains("i2") && !told.contains("i1"), "{told}");
    // Another mapping is another report, from the same lake.
    project.write("pipeline.toml", "[dimensions]\nerp_customer_id = \"customer.salesforce_account_id\"\n");
    project.run(&[&["--stage", "transform"], &reports[..]].concat()).exits(0);
    project.run(&[&["--stage", "load"], &reports[..]].concat()).exits(0);
    assert_eq!(column(&project, "invoice_status", "erp_customer_id"), ["001A", "", ""]);
}

#[test]
fn every_report_of_the_sample_is_what_it_was_and_the_ids_behind_it() {
    let sample = |dimensions: bool| {
        let project = Project::new().whole();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let settings = fs::read_to_string(root.join("pipeline.toml")).unwrap();
        let told = settings.replace("#crm_account_id", "crm_account_id").replace("#erp_customer_id", "erp_customer_id");
        let told = told.replace("#opportunity_id", "opportunity_id");
        project.write("pipeline.toml", if dimensions { told } else { settings });
        for (name, bytes) in files(&root.join("landing/egress")) {
            project.deliver(&name, bytes);
        }
        project
    };
    let (plain, told) = (sample(false), sample(true));
    plain.run(&["--source", "egress"]).exits(0);
    told.run(&["--source", "egress"]).exits(0);
    assert!(!plain.read("artifacts/manifest.json").contains("dimensions"));
    let mut with_ids = 0;
    for name in plain.names("artifacts").iter().filter(|name| name.ends_with(".csv")) {
        let read = |project: &Project| {
            let text = project.read(&format!("artifacts/{name}"));
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        let (before, after) = (read(&plain), read(&told));
        let head = &before[0];
        let (customer, contract) =
            (head.iter().any(|name| name == "customer_id"), head.iter().any(|name| name == "contract_id"));
        let mut ids = Vec::new();
        if customer || contract {
            ids.extend(["crm_account_id", "erp_customer_id"]);
        }
        if contract {
            ids.push("opportunity_id");
        }
        assert_eq!(after[0][head.len()..], ids, "{name}");
        let kept: Vec<_> = after.iter().map(|row| row[..head.len()].to_vec()).collect();
        assert!(kept == before, "{name} is another report with [dimensions]");
        with_ids += usize::from(!ids.is_empty());
        let place = after[0].iter().position(|column| column == "erp_customer_id");
        let owner = |name: &str| head.iter().position(|column| column == name);
        if let (Some(place), Some(owner)) = (place, owner("customer_id").or_else(|| owner("contract_id"))) {
            for row in &after[1..] {
                assert_eq!(row[owner].is_empty(), row[place].is_empty(), "{name}: {row:?}");
            }
        }
    }
    assert!(with_ids >= 12, "{with_ids}");
    // The API says the same of them.
    told.run(&["--source", "api"]).exits(0);
    let of_export = "select id, json_text(custom_fields, 'netsuite_id') from current.customer order by id";
    assert_eq!(told.rows(&of_export.replace("current.customer", "api.customers")), told.rows(of_export));
    told.rows("select customer_id from invoice_status where erp_customer_id is null").iter().for_each(|customer| {
        assert!(customer.is_empty(), "{customer}");
    });
    let deals = "select count(*) from int_dimensions_told where dimension_name = 'opportunity_id'";
    assert_ne!(told.rows(deals), ["0"]);
}

#[test]
fn a_path_that_leads_nowhere_and_a_column_that_is_there_are_refused_with_what_is_near() {
    let refused = |dimensions: &str, code: i32, said: &[&str]| {
        let project = account(dimensions);
        project.run(&["--report", "invoice_status"]).exits(code).says(said);
        project
    };
    refused("x = \"customer.salesforce_acount_id\"\n", 2, &["did you mean `customer.salesforce_account_id`?"]);
    refused("x = \"customr.custom_fields.y\"\n", 2, &["did you mean `customer`?"]);
    refused(
        "customer_name = \"customer.salesforce_account_id\"\n",
        2,
        &["`dimensions.customer_name` is a column of the report", "already"],
    );
    let project = refused(
        "x = \"customer.custom_fields.netsuit_id\"\n",
        3,
        &["dimension_members_are_known", r#""did_you_mean":"netsuite_id""#],
    );
    assert!(!project.path("artifacts/invoice_status.csv").exists());
    project.add_settings("[checks]\ndimension_members_are_known = \"warn\"\n");
    project.run(&["--report", "invoice_status"]).exits(0);
    assert_eq!(column(&project, "invoice_status", "x"), ["", "", ""]);
}

#[test]
fn a_closed_month_keeps_the_ids_it_was_closed_with() {
    let project = cloudnet("as_meant");
    let settings = project.read("pipeline.toml");
    let told = |number: u8, dimensions: &str| {
        let customers = project.read("landing/egress/customer.csv");
        let before = if number == 1 { "{}".to_owned() } else { format!("\"{{\"\"erp\"\":\"\"E{}\"\"}}\"", number - 1) };
        assert!(customers.contains(&before), "{customers}");
        let customers = customers.replace(&before, &format!("\"{{\"\"erp\"\":\"\"E{number}\"\"}}\""));
        project.deliver("customer.csv", customers);
        project.write("pipeline.toml", format!("{settings}\n[dimensions]\n{dimensions}"));
    };
    let reports = ["--report", "journal_entries,restatements"];
    let first = "erp_customer_id = \"customer.custom_fields.erp\"\n";
    told(1, first);
    project.normalize();
    project.etl(&["close", "2024-03"]).exits(0);
    let pack = table(&project.read("closes/2024-03/journal_entries.csv"));
    assert!(!pack.is_empty() && pack.iter().all(|row| row["erp_customer_id"] == "E1"), "{pack:?}");
    // By now the customers have another id, and there is a second column.
    told(2, &format!("{first}other_id = \"customer.custom_fields.erp\"\n"));
    project.run(&reports).exits(0);
    let rows = table(&project.artifact("journal_entries"));
    assert!(rows.len() > pack.len());
    for row in rows {
        let expected = if row["month"].as_str() <= "2024-03-01" { ("E1", "") } else { ("E2", "E2") };
        assert_eq!((row["erp_customer_id"].as_str(), row["other_id"].as_str()), expected, "{row:?}");
    }
    assert!(table(&project.artifact("restatements")).is_empty(), "an id is no figure");
    let diff = project.etl(&[&["diff", "previous", "latest"], &reports[..]].concat()).exits(0).stdout;
    assert!(diff.contains("    journal_entries, erp_customer_id of ") && diff.contains(" rows: E1 -> E2\n"), "{diff}");
    assert!(diff.contains("journal_entries has other_id in one of the runs only"), "{diff}");
    assert!(!diff.contains("_amount") && !diff.contains(", other_id"), "{diff}");
    project.etl(&["close", "2024-03"]).exits(3).says(&["[dimensions]"]);
}
