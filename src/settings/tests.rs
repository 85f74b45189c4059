//! Resolution of settings from all four sources, in folders of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use clap::FromArgMatches;
use tempfile::TempDir;

use super::*;
use crate::command::init::PIPELINE;
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
    assert_eq!(settings.lake.folder, folder.path().join("lake"));
    assert_eq!(settings.artifacts.folder, folder.path().join("artifacts"));
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
    assert_eq!(settings.lake.folder, folder.path().join("there"));
    assert_eq!(
        settings.artifacts.folder,
        folder.path().join("conf/artifacts"),
        "a default counts from the file's folder"
    );
    assert_eq!(settings.sql, Some(folder.path().join("conf/sql")));
}

#[test]
fn an_empty_folder_stands_for_the_current_one_and_keeps_paths_short() {
    let settings =
        Settings::resolve(&cli(&["check", "--lake", "x"]), &variables(&[]), Path::new("")).expect("resolves");
    assert_eq!(settings.lake.folder, Path::new("x"));
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
        "error: `ETL_SOURCE` is `egres`, expected egress or api\nhint: did you mean `egress`?"
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
    refusal("", &["--lake", "landing/api/x"], &[]);
    refusal("", &["--artifacts", "."], &[]);
    settings("", &["--landing", ".", "--lake", "lake"], &[]);
    refusal("", &["--landing", "s3://bucket/export", "--lake", "s3://bucket/export/lake"], &[]);
    refusal("", &["--lake", "s3://bucket/ours", "--artifacts", "s3://bucket/ours"], &[]);
    settings("", &["--landing", "s3://bucket/export", "--lake", "s3://bucket/ours/lake"], &[]);
    settings("", &["--lake", "lake2", "--artifacts", "lake"], &[]);
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

const LIVE: &str = "source = [\"egress\", \"api\"]\n[api]\nbase_url = \"https://api.metronome.com\"\n";

fn api(text: &str, words: &[&str], set: &[(&str, &str)]) -> Api {
    settings(text, words, set).api.expect("the API is a source")
}

/// What a command that asks the API is told about the token, without the folder it happened in.
fn token(folder: &TempDir, set: &[(&str, &str)]) -> std::result::Result<String, String> {
    let api = resolve(folder, &[], set).expect("resolves").api.expect("the API is a source");
    let token = api.required_token().map(|token| token.map_or("none", Token::reveal).to_owned());
    token.map_err(|error| {
        assert_eq!(error.kind(), ErrorKind::Usage);
        error.report().replace(&format!("{}/", folder.path().display()), "")
    })
}

fn write_token(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>, mode: u32) {
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
}

#[test]
fn the_api_is_asked_only_where_it_is_a_source() {
    let file = "[api]\nbase_url = \"https://api.metronome.com\"\n";
    assert_eq!(settings(file, &[], &[]).api, None);
    assert_eq!(settings(LIVE, &["--source", "egress"], &[]).api, None);
    let both = settings(file, &["--source", "api,egress"], &[]);
    assert_eq!(both.sources, [Source::Api, Source::Egress]);
    assert!(both.api.is_some());
    let wrong = refusal("[api]\n\nattempts = 0", &[], &[]);
    assert_eq!(wrong, "error: pipeline.toml:3: `api.attempts` is `0`, expected a number from 1 to 20");
}

#[test]
fn the_defaults_of_a_live_account_are_careful_and_those_of_this_machine_fast() {
    let live = api(LIVE, &[], &[("METRONOME_BEARER_TOKEN", "t")]);
    let expected = Api { token: Some(Token::new("t".to_owned())), ..Api::at(live.base_url.clone()) };
    assert_eq!(live, expected);
    assert_eq!(live.rate.map(|rate| (rate.requests.get(), rate.per.as_secs())), Some((8, 1)));
    for local in ["simulator", "http://127.0.0.1:9", "http://localhost:9/", "http://[::1]:9"] {
        assert_eq!(api(LIVE, &["--api-base-url", local], &[]).rate, None, "{local}");
    }
}

#[test]
fn every_setting_of_the_api_is_read() {
    let file = "source = \"api\"\n[api]\nbase_url = \"simulator\"\nrate = \"300/min\"\nconcurrency = 4\nattempts = 3\n\
        retry_budget = 0\nrequest_timeout = \"90s\"\ntable_timeout = \"10m\"\nrun_timeout = \"2h\"\nbody = \"1MiB\"\n\
        lookback_days = 10\nfull_every_days = 7\nresume_days = 0\nkeep_days = 401\ntables = [\"invoices\", \"c*\"]\n";
    let api = api(file, &[], &[]);
    assert_eq!(api.base_url, BaseUrl::Simulator);
    assert_eq!(api.rate.map(|rate| (rate.requests.get(), rate.per.as_secs())), Some((300, 60)));
    assert_eq!((api.concurrency, api.attempts, api.retry_budget, api.body_bytes), (4, 3, 0, 1 << 20));
    let seconds = [api.request_timeout, api.table_timeout, api.run_timeout].map(|timeout| timeout.as_secs());
    assert_eq!(seconds, [90, 600, 7200]);
    assert_eq!((api.lookback_days, api.full_every_days, api.resume_days, api.keep_days), (10, 7, 0, 401));
    let tables = api.tables.expect("tables");
    assert!(tables.matches("api.invoices") && tables.matches("api.customers") && !tables.matches("api.products"));
}

#[test]
fn a_bad_value_of_the_api_is_refused_with_its_line() {
    for (line, expected) in [
        ("base_url = \"http://api.metronome.com\"", "expected an https URL, or http on 127.0.0.1, [::1] or localhost"),
        ("rate = \"fast\"", "expected a number of requests `/s` or `/min`, or unlimited"),
        ("rate = 8", "expected a text that is not empty"),
        ("concurrency = 0", "expected a number from 1 to 256"),
        ("retry_budget = 1000001", "expected a number from 0 to 1000000"),
        ("request_timeout = \"60\"", "expected a whole number of s, m or h, from 1s to 720h"),
        ("body = \"64MB\"", "expected a whole number of KiB, MiB or GiB, 1MiB or more"),
        ("lookback_days = 70000", "expected a number from 1 to 3650"),
        ("full_every_days = 0", "expected a number from 1 to 3650"),
        ("resume_days = -1", "expected a number from 0 to 365"),
        ("keep_days = 0", "expected a number from 1 to 36500"),
        ("tables = [\"a,\"]", "expected names separated by commas"),
        ("tables = []", "expected a list of names"),
    ] {
        let refusal = refusal(&format!("source = \"api\"\n[api]\n{line}"), &[], &[]);
        assert!(
            refusal.starts_with("error: pipeline.toml:3: `api.") && refusal.contains(expected),
            "{line}: {refusal}"
        );
    }
    assert!(refusal("[api]\nretries = 3", &[], &[]).contains("pipeline.toml:2: unknown key `api.retries`"));
}

#[test]
fn the_address_is_the_flags_else_the_variables_else_the_files() {
    let set = [("ETL_API_BASE_URL", "http://localhost:2")];
    let address = |words: &[&str], set: &[(&str, &str)]| api(LIVE, words, set).base_url.to_string();
    assert_eq!(address(&["--api-base-url", "http://localhost:1/"], &set), "http://localhost:1");
    assert_eq!(address(&[], &set), "http://localhost:2");
    assert_eq!(address(&[], &[]), "https://api.metronome.com");
    assert_eq!(address(&["--api-base-url", "simulator"], &[]), "simulator");
}

#[test]
fn the_api_without_an_address_and_an_address_without_the_api_are_refused() {
    let refused = refusal("source = \"api\"", &[], &[]);
    assert!(refused.contains("`https://api.metronome.com`") && refused.contains("`etl init DIR`"), "{refused}");
    let idle = "is for the API, which is not among the sources\nhint: add it: `--source egress,api`";
    let address = refusal("", &["--api-base-url", "simulator"], &[]);
    assert_eq!(address, format!("error: `--api-base-url` {idle}"));
    assert_eq!(settings("", &[], &[("ETL_API_BASE_URL", "simulator")]).api, None);
    let folder = project("");
    let cli = cli(&["run", "--from", "2024-03-01"]);
    let days = Settings::resolve(&cli, &variables(&[]), folder.path()).expect_err("refused").report();
    assert_eq!(days, format!("error: `--from` {idle}"));
}

#[test]
fn days_to_read_are_a_runs_and_a_plans_alone() {
    let folder = project(LIVE);
    let window = |words: &[&str], set: &[(&str, &str)]| {
        let settings = Settings::resolve(&cli(words), &variables(set), folder.path()).expect("resolves");
        settings.api.and_then(|api| api.window).map(|window| (window.from / 86_400_000_000, window.until.is_some()))
    };
    assert_eq!(window(&["run"], &[]), None);
    assert_eq!(window(&["run", "--from", "1970-01-03"], &[("ETL_FROM", "1970-01-05")]), Some((2, false)));
    assert_eq!(window(&["plan", "--to", "1970-02-01"], &[("ETL_FROM", "1970-01-05")]), Some((4, true)));
    assert_eq!(window(&["check"], &[("ETL_FROM", "1970-01-05")]), None);
}

#[test]
fn the_token_is_the_variables_else_that_of_the_variables_file_else_that_of_the_settings_file() {
    let folder = project(&format!("{LIVE}token_file = \"mine\"\n"));
    write_token(&folder, "mine", " of-the-settings\n", 0o600);
    write_token(&folder, "other", "of-the-variables-file", 0o400);
    let file = ("METRONOME_BEARER_TOKEN_FILE", "other");
    assert_eq!(token(&folder, &[]), Ok("of-the-settings".to_owned()));
    assert_eq!(token(&folder, &[file, ("METRONOME_BEARER_TOKEN", " ")]), Ok("of-the-variables-file".to_owned()));
    assert_eq!(
        token(&folder, &[file, ("METRONOME_BEARER_TOKEN", " of-the-variable\n")]),
        Ok("of-the-variable".to_owned())
    );
}

#[test]
fn a_token_file_counts_from_the_settings_file_and_that_of_the_variable_from_the_current_folder() {
    let folder = project("");
    fs::create_dir(folder.path().join("conf")).expect("a folder");
    fs::write(folder.path().join("conf/live.toml"), format!("{LIVE}token_file = \"mine\"\n")).expect("a file");
    write_token(&folder, "conf/mine", "beside-the-settings", 0o600);
    write_token(&folder, "mine", "in-the-current-folder", 0o600);
    let config = ("ETL_CONFIG", "conf/live.toml");
    assert_eq!(token(&folder, &[config]), Ok("beside-the-settings".to_owned()));
    let both = [config, ("METRONOME_BEARER_TOKEN_FILE", "mine")];
    assert_eq!(token(&folder, &both), Ok("in-the-current-folder".to_owned()));
}

#[test]
fn a_live_account_without_a_token_is_an_error_for_who_asks_it_and_names_every_way_to_give_one() {
    let missing = token(&project(LIVE), &[]).expect_err("no token");
    assert!(missing.starts_with("error: no token for https://api.metronome.com\nhint: set `METRONOME_BEARER_TOKEN`"));
    for part in ["`METRONOME_BEARER_TOKEN_FILE`", "`token_file`", "simulator"] {
        assert!(missing.contains(part), "{missing}");
    }
}

#[test]
fn the_simulator_needs_no_token_and_looks_at_none() {
    let folder = project("source = \"api\"\n[api]\nbase_url = \"simulator\"\ntoken_file = \"nonesuch\"\n");
    assert_eq!(token(&folder, &[]), Ok("none".to_owned()));
    assert_eq!(token(&folder, &[("METRONOME_BEARER_TOKEN", "not a token")]), Ok("none".to_owned()));
    let api = resolve(&folder, &[], &[("METRONOME_BEARER_TOKEN", "t")]).expect("resolves").api.expect("the API");
    assert_eq!((api.token, api.token_fault), (None, None));
}

#[test]
fn a_token_that_cannot_be_one_is_refused_without_being_shown() {
    let folder = project(&format!("{LIVE}token_file = \"mine\"\n"));
    for (bytes, why) in [
        (&b"\n"[..], "it is empty"),
        (b"Bearer s3cret", "there is a blank in it"),
        (b"s3cret\ns3cret", "there is a line end or control character in it"),
        (b"s3cret\xff", "there is a character in it that is not ASCII"),
        (&[b's'; 20_000], "it is longer than any"),
    ] {
        write_token(&folder, "mine", bytes, 0o600);
        let refusal = token(&folder, &[]).expect_err("refused");
        let begin = format!("error: pipeline.toml:4: `api.token_file`: mine holds no token: {why}\nhint: ");
        assert!(refusal.starts_with(&begin) && !refusal.contains("s3cret"), "{refusal}");
    }
    for (text, why) in
        [("Bearer s3cret", "a blank"), ("s3cret\u{7}x", "a line end or control"), ("s3cr\u{e9}t", "ASCII")]
    {
        let refusal = token(&folder, &[("METRONOME_BEARER_TOKEN", text)]).expect_err("refused");
        assert!(refusal.starts_with("error: `METRONOME_BEARER_TOKEN` is no token: there is ") && refusal.contains(why));
        assert!(!refusal.contains("s3cr"), "{refusal}");
    }
}

#[test]
fn a_token_file_that_others_can_read_is_refused() {
    let folder = project(&format!("{LIVE}token_file = \"mine\"\n"));
    for mode in [0o640, 0o604, 0o620, 0o644] {
        write_token(&folder, "mine", "s3cret", mode);
        let expected = format!(
            "error: pipeline.toml:4: `api.token_file`: the token file mine is open to others than its owner, mode {mode:o}\n\
             hint: chmod 600 mine"
        );
        assert_eq!(token(&folder, &[]), Err(expected));
    }
}

#[test]
fn a_token_file_that_cannot_be_read_is_named_with_who_named_it() {
    let folder = project(LIVE);
    for name in ["nonesuch", "."] {
        let refusal = token(&folder, &[("METRONOME_BEARER_TOKEN_FILE", name)]).expect_err("refused");
        assert!(refusal.starts_with("error: `METRONOME_BEARER_TOKEN_FILE`: "), "{refusal}");
    }
}

#[test]
fn settings_are_printed_without_the_token() {
    let settings = settings(LIVE, &[], &[("METRONOME_BEARER_TOKEN", "s3cret")]);
    assert!(!format!("{settings:?}").contains("s3cret"));
}

#[test]
fn init_goes_by_no_settings_but_its_flags() {
    let folder = project("no_such_key = 1");
    let settings = Settings::resolve(&cli(&["init", "x"]), &variables(&[("ETL_SOURCE", "api")]), folder.path());
    let settings = settings.expect("resolves");
    assert_eq!((settings.config_file, settings.sources), (None, vec![Source::Egress, Source::Api]));
}

/// A file's text with every `#key = value` in force.
fn uncommented(text: &str) -> String {
    let key = |rest: &&str| rest.contains(" = ") && !rest.starts_with(' ');
    let lines = text.lines().map(|line| line.strip_prefix('#').filter(key).unwrap_or(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn what_init_writes_is_a_live_account_without_sample_and_secret() {
    let folder = project(PIPELINE);
    let settings = resolve(&folder, &[], &[]).expect("resolves");
    assert_eq!(settings.sources, [Source::Egress, Source::Api]);
    assert_eq!(settings.sample_notice, None);
    let api = settings.api.expect("the API is a source");
    assert_eq!(api.base_url.to_string(), "https://api.metronome.com");
    assert!(api.required_token().is_err());
}

#[test]
fn every_key_stands_in_what_init_writes() {
    let folder = project(&uncommented(PIPELINE));
    let file = File::read(&folder.path().join("pipeline.toml")).expect("reads");
    let missing: Vec<&str> = file::KEYS.iter().map(|(key, _)| *key).filter(|key| file.value(key).is_none()).collect();
    assert_eq!(missing, ["sample.notice"], "a live account has no sample");
}

#[test]
fn what_init_shows_as_defaults_is_what_holds_without() {
    let folder = project(PIPELINE);
    let plain = resolve(&folder, &[], &[]).expect("resolves");
    fs::write(folder.path().join("pipeline.toml"), uncommented(PIPELINE)).expect("a file");
    fs::create_dir(folder.path().join("sql")).expect("a folder");
    write_token(&folder, "token", "t", 0o600);
    let mut all = resolve(&folder, &[], &[]).expect("resolves");
    // The lines that are examples.
    let api = all.api.as_mut().expect("the API is a source");
    assert!(api.tables.take().expect("tables").matches("api.customers"));
    assert_eq!(api.token.take(), Some(Token::new("t".to_owned())));
    api.token_fault = plain.api.as_ref().and_then(|api| api.token_fault.clone());
    assert_eq!(all.parameters.len(), 15);
    assert_eq!((all.checks.len(), all.metrics.len(), all.dimensions.len()), (1, 1, 3));
    let Settings { threads, parameters, accounts, checks, metrics, dimensions, .. } = plain.clone();
    let all = Settings { sql: None, threads, parameters, accounts, checks, metrics, dimensions, ..all };
    assert_eq!(all, plain);
}

#[test]
fn the_example_file_is_read_as_it_says() {
    let settings = settings(include_str!("../../pipeline.toml"), &[], &[]);
    assert_eq!(settings.parameters.len(), 15, "the questions of five, and ten policies");
    assert_eq!(settings.parameters["images_from"].value, "2024-03-10");
    let notice = settings.sample_notice.expect("a notice");
    assert!(notice.contains("sample"), "{notice}");
    assert_eq!(settings.api, Some(Api::at(BaseUrl::Simulator)));
}

#[test]
fn every_commented_key_of_the_example_file_is_a_key() {
    let folder = project(&uncommented(include_str!("../../pipeline.toml")));
    fs::create_dir(folder.path().join("sql")).expect("a folder");
    let settings = resolve(&folder, &[], &[]).expect("resolves");
    assert_eq!((settings.threads, settings.memory_bytes), (4, 1 << 30));
}

#[test]
fn accounts_have_names_of_their_own_and_an_unknown_one_is_told_what_was_meant() {
    let accounts = settings("[accounts]\ndeferred = \"2400 Deferred\"\n", &[], &[]).accounts;
    let name = |key: &str| accounts.iter().find(|account| account.key == key).map(|account| account.name.clone());
    assert_eq!(name("deferred").as_deref(), Some("2400 Deferred"));
    assert_eq!(name("receivable").as_deref(), Some("Accounts receivable"));
    let own = settings("[accounts]\n\"revenue of product Compute of old\" = \"4010\"\n", &[], &[]).accounts.pop();
    assert_eq!(own.map(|own| own.setting()).as_deref(), Some("revenue of product Compute of old"));
    let told = refusal("[accounts]\n\"rounding of product Compute\" = \"4010\"\n", &[], &[]);
    assert!(told.contains("`rounding` is no account that a product can have\nhint: those are receivable, "), "{told}");
    let told = refusal("[accounts]\n\"revenue of prodct Compute\" = \"4010\"\n", &[], &[]);
    assert!(told.contains("is not an account"), "{told}");
    let told = refusal("[accounts]\ndefered = \"2400\"\n", &[], &[]);
    assert!(told.contains("`accounts.defered` is not an account\nhint: did you mean `deferred`?"), "{told}");
}

#[test]
fn a_check_blocks_or_warns_and_a_metric_says_what_it_counts() {
    let checks = settings("[checks]\nLINE_LOST = \"warn\"\n", &[], &[]).checks;
    assert_eq!(checks["LINE_LOST"].severity, Severity::Warn);
    assert!(refusal("[checks]\nLINE_LOST = \"stop\"\n", &[], &[]).contains("expected block or warn"));
    let metric = |text: &str| format!("[metrics]\n\"Images ({{size}})\" = {{ {text} }}\n");
    let metrics = settings(&metric("event_type = \"image\", aggregate = \"sum\", key = \"count\""), &[], &[]).metrics;
    assert_eq!((&*metrics[0].pattern, &*metrics[0].properties), (r"^Images \((.+)\)$", &["size".to_owned()][..]));
    for (text, part) in [
        ("aggregate = \"count\"", "says no `event_type`"),
        ("event_type = \"image\"", "says no `aggregate`"),
        ("event_type = \"image\", aggregate = \"sum\"", "says no `key`"),
        ("event_type = \"image\", aggregate = \"count\", key = \"count\"", "a count is of events"),
        ("event_type = \"image\", aggregate = \"mean\", key = \"count\"", "the aggregate `mean`, expected count"),
    ] {
        assert!(refusal(&metric(text), &[], &[]).contains(part), "{text}");
    }
}
