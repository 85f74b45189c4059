//! The lake is made anew from landing, beside the old one, and takes its place where the reports are the same.

use std::fs;

use crate::close::cloudnet;
use crate::project::Project;

fn project() -> Project {
    let project = Project::with(&[
        ("customer.csv", "id,name\nc1,One\n"),
        ("invoice.csv", "id,customer_id,total,status\ni1,c1,0,FINALIZED\n"),
    ]);
    let project = project.whole();
    project.run(&[]).exits(0);
    project.deliver("customer/dt=2024-03-02/1_20240302000000.csv", "id,name\nc2,Two\n");
    project.run(&[]).exits(0);
    project
}

/// The folders beside the lake that a rebuild makes.
fn beside(project: &Project) -> Vec<String> {
    let names = fs::read_dir(project.path(".")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with("lake-")).collect();
    names.sort();
    names
}

#[test]
fn a_lake_that_is_made_anew_takes_the_place_of_the_old_one_which_is_set_aside() {
    let project = project();
    let (rows, artifacts) =
        (project.rows("select id, name, _source_file from egress.customer order by id"), project.files("artifacts"));
    let said = project.etl(&["rebuild"]).exits(0).stdout;
    assert!(said.contains("the same in both lakes") && said.contains("lake-before-"), "{said}");
    assert_eq!(project.rows("select id, name, _source_file from egress.customer order by id"), rows);
    assert_eq!(project.rows("select count(*) from etl.runs"), ["2"], "runs of before are in the old lake");
    project.run(&[]).exits(0);
    let csvs = |files: Vec<(String, Vec<u8>)>| {
        files.into_iter().filter(|(name, _)| name.ends_with(".csv")).collect::<Vec<_>>()
    };
    assert_eq!(csvs(project.files("artifacts")), csvs(artifacts));
    project.etl(&["verify"]).exits(0);
    let [aside] = &beside(&project)[..] else { panic!("{:?}", beside(&project)) };
    project.etl(&["sql", "--lake", aside, "-c", "select count(*) from etl.runs"]).exits(0);
}

#[test]
fn a_lake_whose_data_is_damaged_is_made_anew() {
    let project = project();
    let name = project.names("lake/egress/customer").into_iter().find(|name| name.ends_with(".parquet")).unwrap();
    fs::remove_file(project.path(&format!("lake/egress/customer/{name}"))).unwrap();
    project.etl(&["verify"]).exits(5);
    project.etl(&["rebuild"]).exits(0);
    project.etl(&["verify", "--all"]).exits(0);
    assert_eq!(project.rows("select id from egress.customer order by id"), ["c1", "c2"]);
}

#[test]
fn reports_that_differ_keep_the_old_lake_until_that_is_accepted() {
    let project = project();
    // Of a file that is not in landing any more the lake alone knows.
    fs::remove_file(project.path("landing/egress/customer/dt=2024-03-02/1_20240302000000.csv")).unwrap();
    let differs = project.etl(&["rebuild"]).exits(3).says(&["of the new lake differ", "--accept-differences"]);
    assert!(differs.stdout.contains("differs: customer_summary: 1 row gone, 0 rows new"), "{}", differs.stdout);
    assert_eq!(project.rows("select id from egress.customer order by id"), ["c1", "c2"]);
    assert_eq!(beside(&project).len(), 1, "it can be looked at");
    project.etl(&["rebuild", "--accept-differences"]).exits(0);
    assert_eq!(project.rows("select id from egress.customer order by id"), ["c1"]);
    assert_eq!(beside(&project).len(), 1, "the one that differed is gone, the old lake is set aside");
}

#[test]
fn a_lake_with_a_close_or_a_part_of_one_is_not_made_anew() {
    let project = cloudnet("as_meant");
    project.run(&[]).exits(0);
    project.etl(&["rebuild", "--report", "invoice_status"]).exits(2).says(&["as a whole"]);
    project.etl(&["rebuild", "--lake", "nowhere"]).exits(2).says(&["no lake here"]);
    project.etl(&["close", "2024-03"]).exits(0);
    project.etl(&["rebuild"]).exits(2).says(&["2024-03 is closed"]);
    assert!(beside(&project).is_empty());
}
