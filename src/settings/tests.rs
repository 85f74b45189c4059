//! Resolution of settings from all four sources, in folders of their own.

use std::fs;

use clap::FromArgMatches;
use tempfile::TempDir;

use super::*;
use crate::error::ErrorKind;

pub(super) fn cli(words: &[&str]) -> Cli {
    let matches = crate::cli::command().try_get_matches_from(std::iter::once(&"etl").chain(words)).expect("flags");
    Cli::from_arg_matches(&matches).expect("a command line")
}

pub(super) fn variables(set: &[(&str, &str)]) -> Variables {
    Variables::new(set.iter().copied())
}

/// A folder with this `pipeline.toml`.
fn project(text: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("pipeline.toml"), text).expect("a file");
    folder
}

fn resolve(folder: &TempDir, words: &[&str], set: &[(&str, &str)]) -> Result<Settings> {
    Settings::resolve(&cli(&[&["check"], words].concat()), &variables(set), folder.path())
}

fn settings(text: &str, words: &[&str], set: &[(&str, &str)]) -> Settings {
    resolve(&project(text), words, set).expect("resolves")
}

/// The report of a refusal, without the folder it happened in.
fn refusal(text: &str, words: &[&str], set: &[(&str, &str)]) -> String {
    let folder = project(text);
    let error = resolve(&folder, words, set).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Usage);
    error.report().replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn without_anything_given_the_defaults_hold() {
    let folder = TempDir::new().expect("a folder");
    let settings = resolve(&folder, &[], &[]).expect("resolves");
    assert_eq!(settings.config_file, None);
    assert_eq!(settings.landing, folder.path().join("landing"));
    assert_eq!(settings.lake, folder.path().join("lake"));
    assert_eq!(settings.artifacts, folder.path().join("artifacts"));
    assert_eq!((settings.sources, settings.environment), (vec![Source::Egress], Environment::Auto));
    assert_eq!((settings.quarantine, settings.memory_bytes), (QuarantinePolicy::Block, 512 * 1024 * 1024));
    assert_eq!((settings.sql, settings.tables, settings.reports, settings.sample_notice), (None, None, None, None));
    assert_eq!((settings.log_format, settings.output, settings.verbosity), (LogFormat::Text, OutputFormat::Text, 0));
    assert!(settings.threads >= 1 && settings.parameters.is_empty() && settings.warnings.is_empty());
}

#[test]
fn the_flag_is_stronger_than_the_variable_the_variable_than_the_file_and_the_file_than_the_default() {
    let file = "environment = \"file\"\n[log]\nformat = \"json\"\n";
    let set = [("ETL_ENVIRONMENT", "variable"), ("ETL_LOG_FORMAT", "text")];
    let named = |name: &str| Environment::Named(name.to_owned());
    assert_eq!(settings(file, &["--environment", "flag"], &set).environment, named("FLAG"));
    assert_eq!(settings(file, &[], &set).environment, named("VARIABLE"));
    assert_eq!(settings(file, &[], &[]).environment, named("FILE"));
    assert_eq!(settings("", &[], &[]).environment, Environment::Auto);
    assert_eq!(settings(file, &["--environment", "auto"], &set).environment, Environment::Auto);
    assert_eq!(settings(file, &[], &set).log_format, LogFormat::Text);
    assert_eq!(settings(file, &[], &[]).log_format, LogFormat::Json);
}

#[test]
fn an_empty_variable_leaves_the_file_in_force() {
    assert_eq!(
        settings("environment = \"SANDBOX\"", &[], &[("ETL_ENVIRONMENT", "")]).environment,
        Environment::Named("SANDBOX".to_owned())
    );
}

#[test]
fn paths_in_the_file_count_from_its_folder_and_all_others_from_the_current_one() {
    let folder = project("");
    fs::create_dir_all(folder.path().join("conf/sql")).expect("a folder");
    fs::write(folder.path().join("conf/month.toml"), "[paths]\nlanding = \"../in\"\nlake = \"mine\"\n")
        .expect("a file");
    let set = [("ETL_LAKE", "there"), ("ETL_CONFIG", "conf/month.toml")];
    let settings = resolve(&folder, &[], &set).expect("resolves");
    assert_eq!(settings.config_file, Some(folder.path().join("conf/month.toml")));
    assert_eq!(settings.landing, folder.path().join("conf/../in"));
    assert_eq!(settings.lake, folder.path().join("there"));
    assert_eq!(settings.artifacts, folder.path().join("conf/artifacts"), "a default counts from the file's folder");
    assert_eq!(settings.sql, Some(folder.path().join("conf/sql")));
}

#[test]
fn an_empty_folder_stands_for_the_current_one_and_keeps_paths_short() {
    let settings =
        Settings::resolve(&cli(&["check", "--lake", "x"]), &variables(&[]), Path::new("")).expect("resolves");
    assert_eq!(settings.lake, Path::new("x"));
    assert!(settings.landing.ends_with("landing") && settings.landing.is_relative());
}

#[test]
fn a_file_that_was_named_must_exist() {
    let missing = "is `nope.toml`, expected a file that exists";
    assert_eq!(refusal("", &["--config", "nope.toml"], &[]), format!("error: `--config` {missing}"));
    assert_eq!(refusal("", &[], &[("ETL_CONFIG", "nope.toml")]), format!("error: `ETL_CONFIG` {missing}"));
    assert!(refusal("[paths]\nsql = \"nope\"", &[], &[]).contains("pipeline.toml:2: `paths.sql` is `nope`"));
}

#[test]
fn a_bad_value_names_who_gave_it_what_it_is_what_is_accepted_and_what_was_meant() {
    assert_eq!(
        refusal("[quality]\n\nquarantine = \"blok\"", &[], &[]),
        "error: pipeline.toml:3: `quality.quarantine` is `blok`, expected block or allow\nhint: did you mean `block`?"
    );
    assert_eq!(
        refusal("", &["--output", "jsn"], &[]),
        "error: `--output` is `jsn`, expected text or json\nhint: did you mean `json`?"
    );
    assert_eq!(
        refusal("", &[], &[("ETL_SOURCE", "egres")]),
        "error: `ETL_SOURCE` is `egres`, expected egress\nhint: did you mean `egress`?"
    );
    assert_eq!(
        refusal("[limits]\nthreads = 0", &[], &[]),
        "error: pipeline.toml:2: `limits.threads` is `0`, expected a number from 1 to 1024"
    );
    for (text, words, set) in [
        ("[limits]\nmemory = \"512MB\"", &[][..], &[][..]),
        ("environment = \"a b\"", &[], &[]),
        ("", &["--table", ""], &[]),
        ("", &["--param", "billing_month"], &[]),
        ("", &[], &[("ETL_VERBOSE", "3")]),
        ("", &[], &[("ETL_QUIET", "perhaps")]),
        ("", &[], &[("ETL_QUIET", "1"), ("ETL_VERBOSE", "1")]),
        ("no_such_key = 1", &[], &[]),
    ] {
        refusal(text, words, set);
    }
}

#[test]
fn places_inside_one_another_are_refused() {
    assert_eq!(
        refusal("", &["--lake", "x", "--artifacts", "y/../x/out"], &[]).lines().last(),
        Some("hint: give each a folder of its own")
    );
    refusal("", &["--lake", "landing/egress"], &[]);
    refusal("", &["--artifacts", "."], &[]);
    settings("", &["--landing", ".", "--lake", "lake"], &[]);
    settings("", &["--lake", "lake2", "--artifacts", "lake"], &[]);
}

#[test]
fn the_samples_notice_is_only_for_the_files_own_landing() {
    let file = "[paths]\nlanding = \"landing\"\n[sample]\nnotice = \"sample\"\n";
    assert_eq!(settings(file, &["--lake", "x"], &[]).sample_notice, Some("sample".to_owned()));
    assert_eq!(settings(file, &["--landing", "landing"], &[]).sample_notice, None);
    assert_eq!(settings(file, &[], &[("ETL_LANDING", "mine")]).sample_notice, None);
    assert_eq!(settings(file, &[], &[("ETL_LANDING", "")]).sample_notice, Some("sample".to_owned()));
}

#[test]
fn parameters_of_file_variable_and_flag_come_together() {
    let file = "[parameters]\na = 2024-03-10\nb = 1\nc = true\n";
    let settings = settings(file, &["--param", "a=1", "--param", "d=2"], &[("ETL_PARAM", "a=9\nb=8")]);
    let values: Vec<(&str, &str)> =
        settings.parameters.iter().map(|(name, parameter)| (name.as_str(), parameter.value.as_str())).collect();
    assert_eq!(values, [("a", "1"), ("b", "8"), ("c", "true"), ("d", "2")]);
    let refusal = settings.parameters["c"].refuse("c", "a month").to_string();
    assert!(refusal.ends_with("pipeline.toml:4: `parameters.c` is `true`, expected a month"), "{refusal}");
}

#[test]
fn what_is_typed_is_louder_than_any_filter_and_a_filter_than_a_verbosity() {
    let loudness = |words: &[&str], set: &[(&str, &str)]| {
        let settings = settings("", words, set);
        (settings.verbosity, settings.log_filter.0)
    };
    assert_eq!(loudness(&[], &[]), (0, "warn,etl=info,buoyant_kernel=off".to_owned()));
    assert_eq!(loudness(&["-v"], &[]), (1, "warn,etl=debug,buoyant_kernel=off".to_owned()));
    assert_eq!(loudness(&["-vvv"], &[]), (2, "info,etl=trace".to_owned()));
    assert_eq!(loudness(&[], &[("ETL_QUIET", "true")]), (-1, "error,buoyant_kernel=off".to_owned()));
    assert_eq!(
        loudness(&["-q"], &[("ETL_VERBOSE", "2"), ("ETL_LOG", "debug")]),
        (-1, "error,buoyant_kernel=off".to_owned())
    );
    assert_eq!(loudness(&[], &[("ETL_VERBOSE", "1"), ("RUST_LOG", "trace")]), (1, "trace".to_owned()));
}

#[test]
fn the_example_file_is_read_as_it_says() {
    let settings = settings(include_str!("../../pipeline.toml"), &[], &[]);
    let names: Vec<&str> = settings.parameters.keys().map(String::as_str).collect();
    assert_eq!(names, ["billing_month", "billing_month_basis", "customer_name", "images_from", "images_through"]);
    assert_eq!(settings.parameters["images_from"].value, "2024-03-10");
    assert!(settings.sample_notice.is_some_and(|notice| notice.contains("sample")));
}

#[test]
fn every_commented_key_of_the_example_file_is_a_key() {
    let example = include_str!("../../pipeline.toml");
    let uncommented: String = example
        .lines()
        .map(|line| {
            line.strip_prefix('#').filter(|rest| rest.contains(" = ") && !rest.starts_with(' ')).unwrap_or(line)
        })
        .flat_map(|line| [line, "\n"])
        .collect();
    let folder = project(&uncommented);
    fs::create_dir(folder.path().join("sql")).expect("a folder");
    let settings = resolve(&folder, &[], &[]).expect("resolves");
    assert_eq!((settings.threads, settings.memory_bytes), (4, 1 << 30));
}
