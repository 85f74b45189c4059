//! Flags, variables, settings, and what goes to which stream.

use crate::project::{Outcome, Project};

fn project() -> Project {
    Project::with(&[("customer.csv", "id,environment_type,name\nc1,SANDBOX,A1 Company\n")])
}

#[test]
fn a_flag_is_stronger_than_its_variable_and_the_variable_than_the_file() {
    let project = project();
    project.add_settings("paths.lake = \"lake-of-the-file\"");
    let normalize = ["run", "--stage", "normalize"];
    project.etl(&normalize).exits(0);
    Outcome::of(project.command(&normalize).env("ETL_LAKE", "lake-of-the-variable")).exits(0);
    let both = ["run", "--lake", "lake-of-the-flag"];
    Outcome::of(project.command(&both).env("ETL_STAGE", "normalize").env("ETL_LAKE", "lake-of-nobody")).exits(0);
    for (lake, there) in [("file", true), ("variable", true), ("flag", true), ("nobody", false)] {
        assert_eq!(project.path(&format!("lake-of-the-{lake}/egress/customer")).exists(), there, "{lake}");
    }
    let misspelt = Outcome::of(project.command(&normalize).env("ETL_LAEK", "x"));
    misspelt.exits(0).says(&["ETL_LAEK", "did you mean `ETL_LAKE`"]);
}

#[test]
fn mistakes_in_settings_and_selections_end_with_2_and_a_suggestion_before_anything_is_touched() {
    let project = project();
    for (flags, parts) in [
        (&["--table", "invioce"][..], &["invioce", "did you mean `invoice`"][..]),
        (&["--report", "images_by_sise"], &["images_by_sise", "did you mean `images_by_size`"]),
        (&["--param", "biling_month=2024-03"], &["biling_month", "did you mean `billing_month`"]),
        (&["--param", "billing_month=March"], &["billing_month", "a month like 2024-03"]),
        (&["--param", "images_from=2024-02-30"], &["images_from", "a day like"]),
        (&["--param", "billing_month_basis=month"], &["service_period or issued_at"]),
        (&["--stage", "everything"], &["everything", "expected extract, normalize"]),
        (&["--source", "ftp"], &["ftp", "egress or api"]),
        (&["--source", "api"], &["nothing says where it is", "base_url", "etl init DIR"]),
        (&["--source", "api", "--api-base-url", "http://example.com"], &["`--api-base-url`", "https"]),
        (&["--api-base-url", "simulator"], &["`--api-base-url`", "--source egress,api"]),
        (&["--from", "2024-03-01"], &["`--from`", "not among the sources"]),
        (&["--from", "2024-02-30", "--source", "api"], &["`--from`", "a day such as"]),
        (&["--to", "2024-03-01", "--source", "api"], &["`--to`", "first day"]),
        (&["--token", "s3cret"], &["--token"]),
        (&["--config", "nonesuch.toml"], &["nonesuch.toml"]),
        (&["--nonesuch"], &["--nonesuch"]),
    ] {
        project.run(flags).exits(2).says(parts);
    }
    for (text, parts) in [
        ("enviroment = \"SANDBOX\"", &["pipeline.toml:1", "`enviroment`", "did you mean `environment`"][..]),
        ("quality.quarantine = \"alow\"", &["pipeline.toml:1", "block or allow"]),
        ("environment = ", &["pipeline.toml:1"]),
        ("api.rate = \"8\"", &["pipeline.toml:1", "`api.rate`", "8/s"]),
        ("[api]\ntoken = \"s3cret\"", &["pipeline.toml:2", "METRONOME_BEARER_TOKEN", "`api.token_file`"]),
        ("[api]\nbearer_token = s3cret", &["pipeline.toml:2"]),
        ("[parameters]\nbilling_month = 2024.03", &["pipeline.toml:2", "quotes"]),
    ] {
        project.write("pipeline.toml", text);
        let refused = project.run(&[]).exits(2).says(parts);
        assert!(!refused.stderr.contains("s3cret"), "{}", refused.stderr);
    }
    assert!(!project.path("lake").exists() && !project.path("artifacts").exists());
}

#[test]
fn results_go_to_standard_output_and_logs_to_standard_error() {
    let project = project();
    let text = project.run(&["--stage", "normalize"]).exits(0);
    let line = text.stdout.lines().find(|line| line.contains("egress.customer")).unwrap();
    assert_eq!(line.split_whitespace().take(4).collect::<Vec<_>>(), ["normalize", "egress.customer", "1", "1"]);
    assert!(text.stdout.lines().last().unwrap().starts_with("done in "), "{}", text.stdout);
    assert!(!text.stdout.contains("INFO") && text.stderr.contains("INFO"));
    for stream in [&text.stdout, &text.stderr] {
        assert!(!stream.contains(['\r', '\u{1b}']), "no progress line and no colour in a pipe: {stream:?}");
    }

    let json = project.run(&["--stage", "normalize", "--output", "json", "--log-format", "json"]).exits(0);
    assert_eq!(json.stdout.lines().count(), 1);
    assert_eq!((&json.json()["status"], &json.json()["exit_code"]), (&"unchanged".into(), &0.into()));
    for line in json.stderr.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(line.is_object());
    }

    let failed = project.run(&["--output", "json", "--environment", "PRODUCTION"]).exits(2);
    assert_eq!((&failed.json()["status"], &failed.json()["exit_code"]), (&"usage".into(), &2.into()));
    assert!(failed.json()["error"].as_str().unwrap().contains("PRODUCTION"));

    let quiet = project.run(&["--stage", "normalize", "-q"]).exits(0);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[test]
fn a_selection_of_tables_reads_those_alone() {
    let project = project();
    project.deliver("invoice.csv", "id\ni1\n");
    project.deliver("line_item.csv", "id\nl1\n");
    project.run(&["--stage", "normalize", "--table", "invoice,line_*"]).exits(0);
    assert!(project.path("lake/egress/invoice").exists() && project.path("lake/egress/line_item").exists());
    assert!(!project.path("lake/egress/customer").exists());
    project.normalize();
    assert!(project.path("lake/egress/customer").exists());
}

#[test]
fn the_exit_codes_are_in_the_help() {
    let help = Project::new().etl(&["--help"]).exits(0).stdout;
    for exit in etl::error::EXIT_CODES {
        let line = help.lines().find(|line| line.trim_start().starts_with(&exit.code.to_string()));
        assert!(line.is_some_and(|line| line.contains(exit.meaning)), "{exit:?} is not in\n{help}");
    }
}

#[test]
fn a_command_that_is_none_is_told_what_was_meant_or_which_there_are() {
    let project = Project::new();
    for (typed, meant) in [("rnu", "run"), ("Run", "run"), ("chekc", "check"), ("sq", "sql"), ("exlpain", "explain")] {
        let refused = project.etl(&[typed]).exits(2);
        refused.says(&[&format!("there is no command `{typed}`"), &format!("did you mean `etl {meant}`?")]);
    }
    project.etl(&["--lake", "x", "rnu"]).exits(2).says(&["did you mean `etl run`?"]);
    project.etl(&["help", "rnu"]).exits(2).says(&["did you mean `etl run`?"]);
    let help = project.etl(&["--help"]).exits(0).stdout;
    let refused = project.etl(&["frobnicate"]).exits(2).says(&["hint: the commands are run, plan, "]);
    for command in ["run", "plan", "close", "diff", "sql", "explain", "check", "init"] {
        assert!(refused.stderr.contains(command) && help.contains(&format!("\n  {command} ")), "{command}");
    }
    project.run(&["--lkae", "x"]).exits(2).says(&["'--lake'"]);
    assert!(!project.path("lake").exists());
}

#[test]
fn words_that_commands_take_are_told_what_was_meant() {
    let project = project();
    project.normalize();
    for (args, hint) in [
        (&["diff", "previuos"][..], "did you mean `previous`?"),
        (&["diff", "latest", "lates"], "did you mean `latest`?"),
        (&["explain", "image_by_size", "image_size=1x1"], "did you mean `images_by_size`?"),
        (&["explain", "images_by_size", "image_sice=1x1"], "did you mean `image_size`?"),
        (&["run", "--stage", "trasnform"], "did you mean `transform`?"),
        (&["sql", "-c", "select 1", "--format", "cvs"], "did you mean `csv`?"),
        (&["check", "--output", "jsno"], "did you mean `json`?"),
    ] {
        project.etl(args).exits(2).says(&[hint]);
    }
}

#[test]
fn messages_count_in_the_singular_and_say_nothing_twice() {
    let project = Project::with(&[
        ("customer.csv", "id,environment_type,name\nc1,SANDBOX,A1 Company\n"),
        ("plan.csv", "id\np1\n"),
        (
            "invoice.csv",
            "id,status,total,customer_id,updated_at\ni1,FINALIZED,0,c1,2024-04-01\ni1,FINALIZED,0,,2024-04-01\ni2\n",
        ),
        ("notes.txt", ""),
    ]);
    project.add_settings("quality.quarantine = \"allow\"\nload.workbook = false\nload.page = false");
    let run = project.run(&["--report", "images_by_size"]).exits(0).counts_as_english_does();
    for said in [
        "INFO found 3 export files\n",
        "INFO read 1 row of egress.customer\n",
        "INFO read 3 rows of egress.invoice\n",
        "WARN egress.invoice: 1 row contradicts what is as new: see etl.contradictions\n",
        "WARN 1 cell cannot be typed",
        "the record has 1 field where the header has 5",
        "INFO made images_by_size: 0 rows\n",
        "INFO wrote 1 artifact to artifacts\n",
    ] {
        assert!(run.stderr.contains(said), "{said:?} is not in:\n{}", run.stderr);
    }
    project.etl(&["check"]).exits(0).counts_as_english_does();
    project.etl(&["plan"]).exits(0).counts_as_english_does();
    let json = project.run(&["--report", "images_by_size", "--full-refresh", "--log-format", "json"]).exits(0).stderr;
    let line = json.lines().find(|line| line.contains("read 1 row of egress.customer")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["rows"], &line["table"]), (&1.into(), &"egress.customer".into()), "fields are for programs");
}

#[test]
fn shells_and_the_manual_know_every_command_wherever_they_are_asked() {
    let project = Project::new();
    // A shell asks when it starts, in whatever folder that is.
    project.write("pipeline.toml", "this is no = setting [");
    let help = project.etl(&["--help"]).exits(0).stdout;
    let commands = help.split("Commands:").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap();
    // What a long description goes on with stands further in.
    let named = commands.lines().filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let commands: Vec<_> = named.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"run") && commands.contains(&"man"), "{help}");
    for shell in ["bash", "zsh", "fish"] {
        let script = project.etl(&["completions", shell]).exits(0).stdout;
        for word in commands.iter().chain(&["full-refresh"]) {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    for command in commands {
        let page = project.etl(&["man", command]).exits(0).stdout;
        assert!(page.contains(&format!(".TH etl-{command} 1")), "{page}");
    }
    let page = project.etl(&["man", "run"]).exits(0).stdout;
    // A page of roff writes a dash with a backslash before it.
    for words in ["full\\-refresh", "ETL_WAIT_LOCK", "temporary failure, safe to run again"] {
        assert!(page.contains(words), "{words} is not in\n{page}");
    }
    assert!(project.etl(&["man"]).exits(0).stdout.contains(".TH etl 1"));
    project.etl(&["man", "rnu"]).exits(2).says(&["there is no command `rnu`"]);
    project.etl(&["completions", "bahs"]).exits(2).says(&["bash"]);
}

#[test]
fn the_version_names_the_profile_of_the_build() {
    let version = Project::new().etl(&["--version"]).exits(0).stdout;
    let built_from = version.trim_end().strip_prefix(concat!("etl ", env!("CARGO_PKG_VERSION"), " (")).unwrap();
    assert!(["dev)", "release)", "dist)"].iter().any(|end| built_from.ends_with(end)), "{version}");
}
