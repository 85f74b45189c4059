//! The right place: settings are found from below, a folder that is no lake has no rows, and a URL is no folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::project::{Outcome, Project};

fn project() -> Project {
    Project::with(&[("customer.csv", "id,name\nc1,A1 Company\n"), ("invoice.csv", "id,total\ni1,0\n")])
}

/// `etl` with these words in a folder below the project's.
fn below(project: &Project, folder: &str, args: &[&str]) -> Outcome {
    fs::create_dir_all(project.path(folder)).unwrap();
    Outcome::of(project.command(args).current_dir(project.path(folder)))
}

#[test]
fn settings_are_found_in_the_nearest_folder_above_and_their_paths_count_from_there() {
    let project = project();
    let normalize = ["run", "--stage", "normalize"];
    let run = below(&project, "notes/march", &normalize).exits(0);
    run.says(&["INFO settings of ", "/pipeline.toml"]);
    assert!(project.path("lake/egress/customer").is_dir() && !project.path("notes/march/lake").exists());
    let here = project.etl(&normalize).exits(0);
    assert!(!here.stderr.contains("settings of"), "what is in the working folder needs no word: {}", here.stderr);
    below(&project, "notes", &["sql", "-c", "select * from egress.customer", "-o", "rows.csv"]).exits(0);
    assert!(project.path("notes/rows.csv").is_file(), "a flag counts from the working folder");

    project.write("notes/pipeline.toml", "paths.landing = \"../landing\"\n");
    below(&project, "notes/march", &normalize).exits(0);
    assert!(project.path("notes/lake/egress/customer").is_dir(), "the nearest one counts");
    project.write("other.toml", "paths.lake = \"other\"\n");
    below(&project, "notes/march", &["run", "--stage", "normalize", "--config", "../../other.toml"])
        .exits(0)
        .says(&["settings of ../../other.toml"]);
    assert!(project.path("other/egress/customer").is_dir(), "a file that is named is stronger");
}

#[test]
fn places_may_be_told_by_a_way_that_goes_up_again() {
    let project = project();
    let run =
        ["run", "--source", "egress", "--landing", "../../landing", "--lake", "../lake", "--artifacts", "../artifacts"];
    below(&project, "here/there", &run).exits(0);
    let asked = ["sql", "--lake", "../lake", "--format", "csv", "-c", "select count(*) > 0 from egress.customer"];
    assert!(below(&project, "here/elsewhere", &asked).exits(0).stdout.contains("true"));
}

#[test]
fn settings_above_that_anybody_can_have_put_there_are_not_taken() {
    let project = project();
    fs::set_permissions(project.path("."), fs::Permissions::from_mode(0o777)).unwrap();
    below(&project, "mine", &["check"]).exits(2).says(&["everybody may write to", "--config", "etl init ."]);
    project.etl(&["check"]).exits(0);
    below(&project, "mine", &["check", "--config", "../pipeline.toml"]).exits(0);
}

#[test]
fn what_is_asked_where_no_lake_is_ends_with_2_and_not_with_0_rows() {
    let project = project().whole();
    project.write("empty/.gitkeep", "");
    project.write("others/notes/2024/plan.txt", "");
    project.write("file", "");
    for lake in ["nonesuch", "empty", "others", "file"] {
        for args in [
            &["sql", "-c", "select count(*) from egress.invoice"][..],
            &["sql", "-c", "select 1"],
            &["sql", "-c", "show tables"],
            &["diff", "previous", "latest"],
            &["explain", "images_by_size", "image_size=1x1"],
            &["close", "2024-03"],
            &["run", "--stage", "transform"],
            &["run", "--stage", "load"],
            &["run", "--as-of", "2024-03-01"],
        ] {
            let refused = project.etl(&[args, &["--lake", lake]].concat()).exits(2);
            assert_eq!(refused.stdout, "", "{args:?}");
            refused.says(&["no lake here: ", lake, "hint: ", "--lake", "`etl run`"]);
        }
    }
    project.run(&["--lake", "file"]).exits(2).says(&["file is a file where a folder is to be"]);
    assert!(!project.path("nonesuch").exists(), "asking makes nothing");
    assert_eq!(project.names("empty"), [".gitkeep"]);
    // What stands in the settings is no part of a lake.
    let codes = project.etl(&["sql", "--format", "csv", "-c", "select count(*) > 0 from settings.codes"]).exits(0);
    assert!(codes.stdout.ends_with("true\n"), "{}", codes.stdout);
}

#[test]
fn a_check_of_a_project_without_a_lake_says_that_a_run_will_make_it_and_one_of_nothing_at_all_ends_with_2() {
    let project = project();
    project.write("lake/.gitkeep", "");
    let text = project.etl(&["check"]).exits(0).stdout;
    assert!(text.contains("lake: not made yet, a run will make it"), "{text}");
    assert_eq!(project.etl(&["check", "--output", "json"]).exits(0).json()["lake_is_made"], false);
    project.normalize();
    let text = project.etl(&["check"]).exits(0).stdout;
    assert!(text.contains("lake: published by run"), "{text}");

    let nowhere = tempfile::tempdir().unwrap();
    let check = |args: &[&str]| Outcome::of(project.command(args).current_dir(nowhere.path()));
    check(&["check"]).exits(2).says(&["no lake here", "pipeline.toml", "landing", "hint: ", "etl init DIR"]);
    fs::create_dir(nowhere.path().join("landing")).unwrap();
    check(&["check"]).exits(0);
    assert_eq!(crate::project::files(nowhere.path()), []);
}

#[test]
fn a_lake_that_lost_its_table_of_runs_exits_5_whatever_is_asked_of_it() {
    let project = project().whole();
    project.run(&["--report", "images_by_size"]).exits(0);
    let artifacts = project.files("artifacts");
    fs::remove_dir_all(project.path("lake/etl/runs")).unwrap();
    for emptied in [false, true] {
        if emptied {
            fs::create_dir_all(project.path("lake/etl/runs/_delta_log")).unwrap();
        }
        for args in [
            &["run"][..],
            &["run", "--stage", "extract"],
            &["run", "--stage", "normalize"],
            &["run", "--stage", "transform"],
            &["run", "--stage", "load"],
            &["run", "--full-refresh"],
            &["run", "--known-at", "2024-03-01"],
            &["close", "2024-03"],
            &["plan"],
            &["check"],
            &["diff", "previous"],
            &["sql", "-c", "select * from egress.customer"],
            &["explain", "images_by_size", "image_size=1x1"],
        ] {
            project.etl(args).exits(5).says(&["lake table etl.runs: it is gone", "hint: ", "rebuild"]);
        }
    }
    assert!(project.names("lake/etl/runs").is_empty(), "nobody made another one");
    assert_eq!(project.files("artifacts"), artifacts);
    fs::rename(project.path("lake"), project.path("away")).unwrap();
    project.run(&["--report", "images_by_size"]).exits(0);
}

#[test]
fn a_first_run_that_was_stopped_before_it_published_is_taken_up_by_the_next() {
    let project = project();
    // No status: a check blocks what it would have published, but the tables are written.
    project.deliver("invoice.csv", "id,total,start_timestamp\ni1,100,2024-03-01\n");
    project.run(&["--report", "billings_by_plan"]).exits(3);
    // As a kill leaves it: the tables are there, and the table of runs without a row.
    let runs = project.path("lake/etl/runs");
    for (name, _) in project.files("lake/etl/runs") {
        if !name.ends_with("00000000000000000000.json") {
            fs::remove_file(runs.join(name)).unwrap();
        }
    }
    project.etl(&["sql", "-c", "select * from egress.customer"]).exits(0).says(&["no run has published anything"]);
    assert_eq!(project.rows("select count(*) from etl.runs"), ["0"]);
    project.etl(&["diff", "previous"]).exits(2).says(&["no run previous"]);
    project.etl(&["check"]).exits(0);
    project.normalize();
    assert_eq!(project.rows("select id from egress.customer"), ["c1"]);
    assert_eq!(project.rows("select stage, status from etl.runs"), ["normalize,done"]);
}

#[test]
fn export_files_are_read_in_a_bucket_whose_url_and_settings_say_no_secret_and_no_nonsense() {
    let project = project();
    for (url, words) in [
        ("s3://key:secret@bucket/x", "holds a user or a password"),
        ("s3://", "expected a URL such as `s3://bucket/prefix`"),
        ("gs://bucket/x?token=secret", "has a `?` or `#` in it"),
    ] {
        let outcome = project.run(&["--landing", url]).exits(2).says(&["`--landing`", words]);
        assert!(!outcome.stderr.contains("key:secret"), "{}", outcome.stderr);
    }
    for (line, words) in [
        ("endpoint = \"http://store.example.com\"", "an address that begins with `https://`, or one of this machine"),
        ("endpoint = \"store\"", "an address such as"),
        ("addressing = \"host\"", "expected `path` or `virtual`"),
        ("requests = 0", "expected a number from 1 to 1024"),
        ("ca_file = \"none.pem\"", "expected a file that exists"),
        ("retry_for = \"soon\"", "a whole number of s, m or h"),
    ] {
        let settings = format!("source = [\"egress\"]\n[paths]\nlanding = \"s3://bucket/x\"\n[store]\n{line}\n");
        project.write("pipeline.toml", &settings);
        project.run(&[]).exits(2).says(&["pipeline.toml:5: `store.", words]);
    }
    project.write("pipeline.toml", "[store]\nsecret_access_key = \"s\"\n");
    project.run(&[]).exits(2).says(&["pipeline.toml:2: unknown key `store.secret_access_key`"]);
    assert!(!project.path("s3:").exists() && !project.path("lake").exists());
}

#[test]
fn a_url_of_no_store_is_no_place_and_nothing_is_made_of_it() {
    let project = project();
    for url in ["s3://bucket/x", "gs://bucket/x", "az://container/x", "file:///x", "hdfs://host/x"] {
        let is_store = ["s3", "gs", "az"].contains(&url.split(':').next().unwrap());
        for flag in ["--landing", "--lake", "--artifacts", "--closes", "--config"] {
            if is_store && flag != "--config" {
                continue;
            }
            project.run(&[flag, url]).exits(2).says(&[&format!("`{flag}`: `{url}` is a URL, and "), "must be a local"]);
        }
    }
    let url = "hdfs://host/x";
    let part = format!("`{url}` is a URL, and ");
    for (name, args) in [
        ("ETL_LAKE", &["sql", "-c", "select 1"][..]),
        ("ETL_ARTIFACTS", &["check"]),
        ("ETL_CLOSES", &["close", "2024-03"]),
        ("ETL_CONFIG", &["plan"]),
        ("ETL_OUTPUT_FILE", &["sql", "-c", "select 1"]),
        ("ETL_FILE", &["sql"]),
    ] {
        Outcome::of(project.command(args).env(name, url)).exits(2).says(&[name, &part]);
    }
    let api = ["run", "--source", "api", "--api-base-url", "https://example.com"];
    Outcome::of(project.command(&api).env("METRONOME_BEARER_TOKEN_FILE", url))
        .exits(2)
        .says(&["METRONOME_BEARER_TOKEN_FILE", &part]);
    project.etl(&["sql", "-c", "select 1", "-o", url]).exits(2).says(&["`--output-file`", &part, "a local file"]);
    project.etl(&["sql", "-f", url]).exits(2).says(&["`--file`", &part]);
    project.etl(&["init", url]).exits(2).says(&[&part]);
    for key in ["lake", "artifacts", "closes", "sql"] {
        project.write("pipeline.toml", format!("[paths]\n{key} = \"{url}\"\n"));
        project.run(&[]).exits(2).says(&[&format!("pipeline.toml:2: `paths.{key}`"), &part]);
    }
    project.write(
        "pipeline.toml",
        format!("source = \"api\"\napi.base_url = \"https://example.com\"\napi.token_file = \"{url}\"\n"),
    );
    project.run(&[]).exits(2).says(&["`api.token_file`", &part, "a local file"]);
    let names = project.names(".");
    assert_eq!(names, ["landing/egress/customer.csv", "landing/egress/invoice.csv", "pipeline.toml"]);
}
