//! Whose data a lake holds: sample and own data never meet, and neither do two accounts or two folders of files.

use std::fs;
use std::path::Path;

use simulator::account::Account;
use simulator::export;

use crate::project::Project;

const CUSTOMERS: &str = "id,name\nc1,A1 Company\n";
const INVOICES: &str = "id,status,total,credit_type_id,credit_type_name,customer_id,start_timestamp,end_timestamp,issued_at,updated_at\n\
    i1,FINALIZED,100,2714e483-4ff1-48e4-9e25-ac732e8f24f2,USD (cents),c1,2024-03-01,2024-04-01,2024-04-02,2024-04-02\n";
const LINES: &str = "id,invoice_id,name,quantity,total,credit_type_id,credit_type_name\n\
    l1,i1,Fee,1,100,2714e483-4ff1-48e4-9e25-ac732e8f24f2,USD (cents)\n";

/// Settings of the sample account, as in the repository, and its files.
fn sample() -> Project {
    let project = Project::new();
    project.write("pipeline.toml", include_str!("../../pipeline.toml"));
    export::export(&Account::sample(5), &project.path("landing")).unwrap();
    project
}

fn own() -> Project {
    Project::with(&[("customer.csv", CUSTOMERS), ("invoice.csv", INVOICES), ("line_item.csv", LINES)])
}

fn remove_files(project: &Project) {
    fs::remove_dir_all(project.path("landing/egress")).unwrap();
    fs::create_dir(project.path("landing/egress")).unwrap();
}

#[test]
fn the_simulator_answers_only_while_settings_and_files_are_the_sample_s() {
    let project = sample();
    let settings = project.read("pipeline.toml");
    // Files of one's own, as somebody puts them there who follows no word of it.
    remove_files(&project);
    project.deliver("customer.csv", CUSTOMERS);
    project.deliver("invoice.csv", INVOICES);
    for words in [&["run"][..], &["plan"], &["check"]] {
        project.etl(words).exits(2).says(&["`base_url` is `simulator`", "not the sample's", "source = [\"egress\"]"]);
    }
    project.write("pipeline.toml", settings.split("[sample]").next().unwrap());
    project.etl(&["run"]).exits(2).says(&["`base_url` is `simulator`", "nothing says that the data is a sample"]);
    let words = ["run", "--source", "api", "--api-base-url", "simulator", "--config", "other.toml"];
    project.write("other.toml", "");
    project.etl(&words).exits(2).says(&["nothing says that the data is a sample", "etl demo"]);
    assert!(!project.path("lake").exists() && !project.path("landing/api").exists(), "something was written");
    project.run(&["--source", "egress"]).exits(0);
}

#[test]
fn own_files_beside_the_sample_s_are_refused_whatever_they_are_called() {
    for name in ["customer/dt=2024-05-01/1_20240501000000.csv", "customer.csv", "customer (1).csv"] {
        let project = sample();
        project.deliver(name, CUSTOMERS);
        project.run(&["--source", "egress"]).exits(2).says(&[name, "none of the sample account's files", "_sample"]);
        assert!(!project.path("lake").exists());
    }
    // A sample that somebody changed to try something is still one, also under another name.
    let project = sample();
    project.deliver("zz - events.csv", project.read("landing/egress/events.csv"));
    project.run(&["--source", "egress", "--stage", "normalize"]).exits(0).says(&["SAMPLE DATA"]);
}

#[test]
fn the_sample_s_files_beside_a_live_account_are_refused() {
    let project = sample();
    let settings = project.read("pipeline.toml").replace("\"simulator\"", "\"https://api.metronome.com\"");
    project.write("pipeline.toml", settings);
    let mut command = project.command(&["run"]);
    let run = crate::project::Outcome::of(command.env("METRONOME_BEARER_TOKEN", "t")).exits(2);
    run.says(&["the sample account's, and the API is https://api.metronome.com"]);
}

#[test]
fn a_lake_of_own_data_takes_no_sample_and_a_lake_of_the_sample_no_own_data() {
    let (one, other) = (own(), sample());
    let landing = |project: &Project| project.path("landing").display().to_string();
    one.normalize();
    other.run(&["--source", "egress", "--stage", "normalize"]).exits(0);
    let (before_one, before_other) = (one.files("lake"), other.files("lake"));
    let refused = one.run(&["--landing", &landing(&other)]).exits(2);
    refused.says(&["in the lake", "a company's own", "what is to be read now is the sample account's"]);
    let refused = other.run(&["--source", "egress", "--landing", &landing(&one)]).exits(2);
    refused.says(&["the sample account's, and what is to be read now is a company's own"]);
    // `--moved-landing` is for one's own folder, not for this.
    other.run(&["--source", "egress", "--moved-landing", "--landing", &landing(&one)]).exits(2);
    let unlocked =
        |files: Vec<(String, Vec<u8>)>| files.into_iter().filter(|(name, _)| name != "_lock").collect::<Vec<_>>();
    assert!(unlocked(one.files("lake")) == unlocked(before_one), "the lake was written to");
    assert!(unlocked(other.files("lake")) == unlocked(before_other), "the lake was written to");
    assert_eq!(one.rows("select data, account from etl.origins"), ["own,"]);
    assert_eq!(other.rows("select data from etl.origins"), ["sample"]);
}

#[test]
fn a_lake_takes_no_files_of_another_folder_unless_it_is_the_same_that_was_moved() {
    let (one, other) = (own(), own());
    other.deliver("customer.csv", "id,name\nc2,B1 Company\n");
    one.normalize();
    let landing = other.path("landing").display().to_string();
    for words in [&["run"][..], &["plan"], &["check"]] {
        one.etl(&[words, &["--landing", &landing]].concat())
            .exits(2)
            .says(&["is of the files under", "--moved-landing"]);
    }
    assert_eq!(one.rows("select name from egress.customer"), ["A1 Company"]);

    // The same files elsewhere are the same folder.
    fs::rename(one.path("landing"), one.path("moved")).unwrap();
    one.run(&["--stage", "normalize", "--landing", "moved"]).exits(0).says(&["the landing folder is"]);
    // And where they cannot prove it, somebody says so, once.
    fs::rename(one.path("moved"), one.path("again")).unwrap();
    fs::remove_file(one.path("again/egress/invoice.csv")).unwrap();
    let words = ["--stage", "normalize", "--landing", "again"];
    one.run(&words).exits(2).says(&["--moved-landing"]);
    one.run(&[&words[..], &["--moved-landing"]].concat()).exits(0);
    one.run(&words).exits(0);
}

#[test]
fn a_project_that_was_moved_as_a_whole_goes_on() {
    let project = own();
    project.run(&[]).exits(0);
    fs::create_dir(project.path("elsewhere")).unwrap();
    for name in ["landing", "lake", "artifacts", "pipeline.toml"] {
        fs::rename(project.path(name), project.path("elsewhere").join(name)).unwrap();
    }
    // Something that is gone from landing must not be needed to prove it.
    fs::remove_file(project.path("elsewhere/landing/egress/invoice.csv")).unwrap();
    project.run(&["--config", "elsewhere/pipeline.toml"]).exits(0);
}

#[test]
fn artifacts_and_packs_of_another_origin_are_not_replaced() {
    let (one, other) = (own(), own());
    one.run(&[]).exits(0);
    let artifacts = one.path("artifacts").display().to_string();
    let before = one.files("artifacts");
    other.run(&["--artifacts", &artifacts]).exits(2).says(&["holds figures made of own data from", "--artifacts"]);
    assert!(!other.path("lake/egress").exists(), "rows were taken before it was refused");
    let sample = sample();
    let refused = sample.run(&["--source", "egress", "--artifacts", &artifacts]).exits(2);
    refused.says(&["holds figures made of own data", "these would be of sample data"]);
    assert!(one.files("artifacts") == before);

    // A lake that was built anew from the same landing folder is of the same origin.
    fs::remove_dir_all(one.path("lake")).unwrap();
    one.run(&[]).exits(0);

    let (one, other) = (one.whole(), other.whole());
    one.run(&["--full-refresh"]).exits(0);
    one.etl(&["close", "2024-03"]).exits(0);
    other.run(&[]).exits(0);
    let closes = one.path("closes").display().to_string();
    other.etl(&["close", "2024-03", "--closes", &closes]).exits(2).says(&["closes/2024-03 holds figures"]);
    assert!(Path::new(&closes).join("2024-03/manifest.json").is_file());
}

#[test]
fn the_origin_is_in_the_manifest_and_sample_data_says_so_in_every_stage() {
    let project = sample();
    project.run(&["--source", "egress", "--report", "images_by_size"]).exits(0).says(&["SAMPLE DATA"]);
    let manifest: serde_json::Value = serde_json::from_str(&project.read("artifacts/manifest.json")).unwrap();
    assert_eq!(manifest["origin"], serde_json::json!({"data": "sample", "landing": "../landing"}));
    for stage in ["transform", "load"] {
        project.run(&["--stage", stage, "--report", "images_by_size"]).exits(0).says(&["SAMPLE DATA"]);
    }
    // Without [sample] the files are known all the same.
    project.write("pipeline.toml", "");
    project.run(&["--report", "images_by_size", "--param", "billing_month=2024-03"]).exits(0).says(&["SAMPLE DATA"]);
}
