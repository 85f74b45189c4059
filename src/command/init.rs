//! `etl init`: a folder to begin with for an account of one's own. It holds no sample and no secret.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::print;
use crate::error::{Error, Result};
use crate::settings::{OutputFormat, Settings, Source};

/// The settings written: every key with what it means, and its default where it has one.
pub(crate) const PIPELINE: &str = include_str!("init/pipeline.toml");

const LANDING: &str = "landing/egress";

/// What no repository should keep: what can be made again, what a customer's data is in, and the token.
const IGNORED: &str = "/landing/\n/lake/\n/artifacts/\n/closes/\n/.etl-cache/\n/token\n";

/// Makes the folder with `pipeline.toml`, `.gitignore` and `landing/egress`, and says what to do next. A `.gitignore`
/// that is there stays as it is.
///
/// # Errors
/// Usage (exit 2) where a `pipeline.toml` is there, or a file in place of the folder; failed where something cannot be
/// written.
pub fn run(settings: &Settings, folder: &Path) -> Result<()> {
    let (pipeline, ignores) = make(folder, &text_for(&settings.sources), || Ok(()))?;
    let landing = folder.join(LANDING);
    match settings.output {
        OutputFormat::Json => print(format!("{}\n", json!({ "pipeline": pipeline, "landing": landing })).as_bytes()),
        OutputFormat::Text if settings.verbosity < 0 => Ok(()),
        OutputFormat::Text => print(next_steps(folder, &settings.sources, ignores).as_bytes()),
    }
}

/// Makes a project's folder with these settings and what `fill` puts into it. Returns the file of the settings and whether
/// its `.gitignore` is ours.
///
/// # Errors
/// As [`run`], and `fill`'s.
pub(super) fn make(folder: &Path, settings: &str, fill: impl FnOnce() -> Result<()>) -> Result<(PathBuf, bool)> {
    let pipeline = folder.join("pipeline.toml");
    if folder.exists() && !folder.is_dir() {
        return Err(Error::usage(format!("{} is a file where a folder is to be", folder.display())));
    }
    if pipeline.symlink_metadata().is_ok() {
        return Err(taken(&pipeline));
    }
    let landing = folder.join(LANDING);
    fs::create_dir_all(&landing).map_err(|source| Error::io("make", &landing, source))?;
    let ignores = create(&folder.join(".gitignore"), IGNORED)?;
    fill()?;
    // Last: while it is missing, what came before can be done again.
    if !create(&pipeline, settings)? {
        return Err(taken(&pipeline));
    }
    Ok((pipeline, ignores))
}

/// The settings for these sources.
fn text_for(sources: &[Source]) -> String {
    let names: Vec<_> = sources.iter().map(|source| source.name()).collect();
    let source = |line: &str| match line.starts_with("source = ") {
        true => format!("source = {names:?}\n"),
        false => format!("{line}\n"),
    };
    PIPELINE.lines().map(source).collect()
}

fn taken(pipeline: &Path) -> Error {
    let error = format!("{} is there already and is not overwritten", pipeline.display());
    Error::usage(error).hint("name another folder, or move the file away")
}

/// Writes a new file; false, and nothing done, where there is one.
fn create(path: &Path, text: &str) -> Result<bool> {
    let mut file = match File::create_new(path) {
        Ok(file) => file,
        Err(source) if source.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(source) => return Err(Error::io("write", path, source)),
    };
    file.write_all(text.as_bytes()).map(|()| true).map_err(|source| {
        // Half a file would be taken for a whole one, by the next `etl init` and by the next run.
        let _ = fs::remove_file(path);
        Error::io("write", path, source)
    })
}

fn next_steps(folder: &Path, sources: &[Source], ignores: bool) -> String {
    let mut text = format!("{} has pipeline.toml, .gitignore and landing/egress\n", folder.display());
    if !ignores {
        text +=
            "its .gitignore stays as it was: landing, lake, artifacts, closes and token are no part of a repository\n";
    }
    text += "\nnext:\n";
    let (reads_files, asks_api) = (sources.contains(&Source::Egress), sources.contains(&Source::Api));
    let token =
        "set METRONOME_BEARER_TOKEN, or put the token into a file of mode 600 and name it in `token_file` under [api]";
    let files = match asks_api {
        true => "put your export files into landing/egress, or take egress out of `source` in pipeline.toml",
        false => "put your export files into landing/egress",
    };
    let check = if asks_api { "tries the settings and the token" } else { "tries the settings and looks at the files" };
    let plan = if asks_api { "says what a run will ask and how long that takes" } else { "says what a run will read" };
    let steps = [
        Some(format!("cd {}", folder.display())),
        asks_api.then(|| token.to_owned()),
        reads_files.then(|| files.to_owned()),
        Some(format!("etl check    {check}")),
        Some(format!("etl plan     {plan}")),
        Some("etl run      makes the lake and the artifacts, of the newest month with finalized invoices".to_owned()),
    ];
    for (number, step) in (1..).zip(steps.into_iter().flatten()) {
        // Writing to memory does not fail.
        let _ = writeln!(text, "  {number}. {step}");
    }
    text
}
