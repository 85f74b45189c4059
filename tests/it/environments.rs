//! SANDBOX and PRODUCTION never mix.

use crate::project::Project;

fn both() -> Project {
    Project::with(&[
        (
            "events.csv",
            "transaction_id,environment_type,timestamp,properties\n\
             t1,SANDBOX,2024-03-12,\"{image_size=256x256, num_images=1}\"\n\
             t2,PRODUCTION,2024-03-12,\"{image_size=256x256, num_images=20}\"\n\
             t1,PRODUCTION,2024-03-12,\"{image_size=512x512, num_images=300}\"\n",
        ),
        (
            "invoice.csv",
            "id,environment_type,status,total,credit_type_id,credit_type_name,start_timestamp\n\
             i1,SANDBOX,FINALIZED,0,eur,EUR,2024-03-01\n\
             i2,PRODUCTION,FINALIZED,5,eur,EUR,2024-03-01\n",
        ),
        (
            "line_item.csv",
            "id,environment_type,invoice_id,quantity,total,credit_type_id,credit_type_name\n\
             l2,PRODUCTION,i2,1,5,eur,EUR\n",
        ),
    ])
}

#[test]
fn with_two_environments_and_none_chosen_the_run_names_them_and_publishes_nothing() {
    let project = both();
    project.run(&[]).exits(2).says(&["PRODUCTION and SANDBOX", "--environment"]);
    assert!(!project.path("artifacts").exists());
    assert!(!project.path("lake/egress").exists() && !project.path("lake/etl").exists());
}

#[test]
fn the_chosen_environment_is_the_only_one_in_reports_and_current_tables() {
    let project = both();
    for (environment, images, billed) in [
        ("SANDBOX", "image_size,image_count\n256x256,1\n", "0"),
        ("PRODUCTION", "image_size,image_count\n256x256,20\n512x512,300\n", "5"),
    ] {
        project.run(&["--environment", environment]).exits(0);
        assert_eq!(project.artifact("images_by_size"), images);
        assert_eq!(project.rows("select total_amount from billings_by_plan"), [billed]);
        let named = project.rows("select distinct environment_type from current.events");
        assert_eq!(named, [environment]);
    }
    assert_eq!(project.rows("select count(*) from egress.events"), ["3"], "the lake keeps both");
    project.run(&["--report", "images_by_size"]).exits(2).says(&["PRODUCTION and SANDBOX"]);
    project.add_settings("environment = \"SANDBOX\"");
    project.run(&["--report", "images_by_size"]).exits(2).says(&["PRODUCTION", "would stand beside it"]);
    project.run(&[]).exits(0);
    assert_eq!(project.artifact("images_by_size"), "image_size,image_count\n256x256,1\n");
}

#[test]
fn the_only_environment_there_is_is_taken_and_another_is_refused() {
    let project = Project::with(&[("customer.csv", "id,environment_type,name\nc1,SANDBOX,A1 Company\nc2,,Unnamed\n")]);
    let run = project.run(&["--report", "images_by_size", "--output", "json"]).exits(0);
    assert_eq!(run.json()["environment"], "SANDBOX");
    assert_eq!(project.rows("select count(*) from current.customer"), ["2"], "rows that name none belong to it");
    let before = project.files("artifacts");
    project.run(&["--environment", "PRODUCTION"]).exits(2).says(&["PRODUCTION", "SANDBOX"]);
    assert_eq!(project.files("artifacts"), before);
}

#[test]
fn files_that_name_no_environment_need_none_chosen() {
    let project = Project::with(&[("customer.csv", "id,name\nc1,A1 Company\n")]);
    let run = project.run(&["--report", "images_by_size", "--output", "json"]).exits(0);
    assert_eq!(run.json()["environment"], serde_json::Value::Null);
}

#[test]
fn a_query_sees_the_environment_it_asks_for() {
    let project = both();
    project.run(&["--environment", "SANDBOX", "--report", "images_by_size"]).exits(0);
    let query = "select count(*) as rows from current.events";
    let rows = project.etl(&["sql", "--environment", "PRODUCTION", "--format", "csv", "-c", query]).exits(0);
    assert_eq!(rows.stdout, "rows\n2\n");
}

#[test]
fn a_quoted_empty_environment_is_none_and_its_rows_count() {
    let project = Project::with(&[("customer.csv", "id,environment_type,name\nc1,SANDBOX,A1 Company\n")]);
    project.deliver("customer/dt=2024-04-01/1_20240401040000.csv", "id,environment_type,name\n\"c2\",\"\",\"Other\"\n");
    project.run(&[]).exits(0);
    assert_eq!(project.rows("select count(*) from current.customer"), ["2"]);
}
