//! The page for a browser: what is in the file. What a browser makes of it is held by `tests/page/run`.

use std::collections::BTreeMap;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use serde_json::Value;

use crate::close::table;
use crate::project::{Outcome, Project};
use crate::reconciliation::sample;

const PAGE: &str = "artifacts/report.html";
const REPORTS: &str = "invoice_status,revenue_schedule,reconciliation_exceptions";

/// What stands in an element of the page.
fn element<'p>(page: &'p str, id: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!("id=\"{id}\">")).unwrap_or_else(|| panic!("no element {id}"));
    rest.split_once("</script>").unwrap().0
}

/// The rows of a report or figure as the page has them.
fn rows(page: &str, name: &str) -> String {
    let text = element(page, &format!("rows-{name}"));
    let bytes: Vec<u8> = decoded(text);
    let mut rows = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut rows).unwrap();
    rows
}

fn decoded(text: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |letter: u8| LETTERS.find(char::from(letter)).unwrap() as u32;
    let mut bytes = Vec::new();
    for four in text.trim_end_matches('=').as_bytes().chunks(4) {
        let all = four.iter().fold(0, |all, letter| (all << 6) | value(*letter)) << (6 * (4 - four.len()));
        bytes.extend(&all.to_be_bytes()[1..four.len()]);
    }
    bytes
}

fn contents(page: &str) -> Value {
    serde_json::from_str(element(page, "contents")).unwrap()
}

fn run(project: &Project) -> Outcome {
    project.run(&["--source", "egress", "--report", REPORTS]).exits(0)
}

#[test]
fn the_page_has_the_very_text_of_the_csvs_and_their_sums() {
    let project = sample();
    run(&project);
    let page = project.read(PAGE);
    let manifest: Value = serde_json::from_str(&project.read("artifacts/manifest.json")).unwrap();
    let sums: BTreeMap<String, String> = serde_json::from_str(element(&page, "sums")).unwrap();
    assert_eq!(sums.len(), 3);
    for (report, sum) in sums {
        assert_eq!(rows(&page, &report), project.artifact(&report), "{report}");
        assert_eq!(manifest["artifacts"][format!("{report}.csv")]["sha256"], sum, "{report}");
    }
    assert!(manifest["artifacts"]["report.html"]["size_bytes"].as_u64().unwrap() > 0);
}

#[test]
fn what_the_page_adds_up_is_what_sql_says_of_the_reports() {
    let project = sample();
    run(&project);
    let page = project.read(PAGE);
    let totals = project.sql(
        "select month, currency, case when count(*) = count(recognized_amount) then money_sum(recognized_amount) end \
         as recognized_amount, count(distinct customer_id) as customer_count from revenue_schedule \
         where currency is not null group by month, currency order by month, currency",
    );
    assert_eq!(rows(&page, "page.revenue_totals"), totals);
    let owed = table(&rows(&page, "page.receivables_by_age"));
    assert!(!owed.is_empty(), "nothing is outstanding in the sample");
    for row in owed {
        let (bucket, currency) = (&row["ageing_bucket"], &row["currency"]);
        let asked = format!(
            "select count(*), money_sum(outstanding_amount) from invoice_status \
             where ageing_bucket = '{bucket}' and currency = '{currency}'"
        );
        assert_eq!(project.rows(&asked), [format!("{},{}", row["invoice_count"], row["outstanding_amount"])]);
    }
    // A figure of a report that was not made is left out, and so is the section that shows it.
    let figures = contents(&page)["figures"].to_string();
    assert!(figures.contains("exceptions_by_code") && !figures.contains("commits_now"), "{figures}");
}

#[test]
fn the_page_is_written_where_it_is_not_turned_off_and_put_right_with_the_same_bytes() {
    let project = sample();
    run(&project);
    let page = || std::fs::read(project.path(PAGE)).ok();
    let first = page().unwrap();
    let written = std::fs::metadata(project.path(PAGE)).unwrap().modified().unwrap();
    let load = || project.run(&["--stage", "load", "--report", REPORTS]).exits(0);
    assert!(load().stdout.contains("unchanged"));
    assert_eq!(std::fs::metadata(project.path(PAGE)).unwrap().modified().unwrap(), written);
    project.write(PAGE, "changed by hand");
    load();
    assert!(page().unwrap() == first, "other bytes");
    project.add_settings("load.page = false");
    load();
    assert_eq!(page(), None);
    assert!(!project.read("artifacts/manifest.json").contains("report.html"));
}

#[test]
fn the_same_data_in_another_lake_is_a_page_of_the_same_bytes() {
    let (one, two) = (sample(), sample());
    run(&one);
    run(&two);
    assert!(one.read(PAGE) == two.read(PAGE), "other bytes");
}

#[test]
fn nothing_on_the_page_comes_from_elsewhere_and_only_its_own_scripts_run() {
    let project = sample();
    run(&project);
    let page = project.read(PAGE);
    let (_, policy) = page.split_once("Content-Security-Policy\" content=\"").unwrap();
    let (policy, _) = policy.split_once('"').unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    let (outside, _) = page.split_once("<style>").unwrap();
    for word in ["src=", "href=\"http", "@import"] {
        assert!(!outside.contains(word), "{word}");
    }
}

#[test]
fn a_name_that_looks_like_a_script_is_text() {
    let hostile = "</script><script>alert(1)</script>";
    let customer = format!("id,name,environment_type,updated_at\nc1,\"{hostile}\",SANDBOX,2024-03-01 00:00:00\n");
    let project = Project::with(&[("customer.csv", &customer)]);
    project.run(&["--report", "customer_summary"]);
    assert!(project.etl(&["report"]).exits(0).stdout.starts_with("wrote report.html: "));
    let page = project.read("report.html");
    assert!(rows(&page, "customer_summary").contains(hostile));
    assert!(!page.contains("alert(1)"));
}

#[test]
fn etl_report_writes_the_page_and_opens_it_where_that_is_asked_for() {
    let project = sample();
    project.etl(&["report"]).exits(2).says(&["no lake here"]);
    run(&project);
    project.etl(&["report", "-o", "elsewhere.html"]).exits(0);
    assert!(project.read("elsewhere.html") == project.read(PAGE), "another page than among the artifacts");
    assert!(project.names(".").iter().all(|name| !name.contains(".part-")), "a half file is left");
    // A desktop that notes what it is to open, and one without a browser.
    project.write("bin/xdg-open", "#!/bin/sh\necho \"$1\" >opened\n");
    std::fs::set_permissions(project.path("bin/xdg-open"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let with_path = |path: &str| -> Outcome {
        let mut command: Command = project.command(&["report", "--open"]);
        Outcome::of(command.env("PATH", path))
    };
    with_path(project.path("bin").to_str().unwrap()).exits(0);
    assert_eq!(project.read("opened").trim(), project.path("report.html").to_str().unwrap());
    with_path("/nonexistent").exits(1).says(&[
        "no browser was opened",
        "the page is written",
        "report.html in a browser",
    ]);
    project.etl(&["report", "-o", "s3://bucket/report.html"]).exits(2);
}
