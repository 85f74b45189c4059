//! A project in a folder of its own: files are delivered into it and the real binary runs in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The parameters that the three reports need.
const SETTINGS: &str = r#"
[parameters]
images_from = "2024-03-10"
images_through = "2024-03-25"
customer_name = "A1 Company"
billing_month = "2024-03"
billing_month_basis = "service_period"
"#;

/// The reports that most tests ask for: all of them take several seconds a run in an unoptimised build.
const REPORTS: &str = "billings_by_plan,customer_summary,images_by_size,invoice_charges";

/// A temporary project folder.
pub struct Project {
    folder: TempDir,
    reports: Option<&'static str>,
}

/// What a process left behind.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code; -1 where a signal ended the process.
    pub code: i32,
    /// Results.
    pub stdout: String,
    /// Logs and errors.
    pub stderr: String,
}

impl Project {
    /// Settings with the reports' parameters, and an empty `landing/egress`.
    pub fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap(), reports: Some(REPORTS) };
        fs::create_dir_all(project.path("landing/egress")).unwrap();
        project.write("pipeline.toml", SETTINGS);
        project
    }

    /// A project to which these files were delivered.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let project = Self::new();
        for (name, text) in files {
            project.deliver(name, text);
        }
        project
    }

    /// The same project, in which every report is made.
    pub fn whole(self) -> Self {
        Self { reports: None, ..self }
    }

    /// A path in the project.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Adds lines to the settings file.
    pub fn add_settings(&self, text: &str) {
        let path = self.path("pipeline.toml");
        let before = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{text}\n{before}")).unwrap();
    }

    /// Writes an export file.
    pub fn deliver(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.write(&format!("landing/egress/{name}"), bytes);
    }

    /// The text of a file.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The text of a report's CSV.
    pub fn artifact(&self, report: &str) -> String {
        self.read(&format!("artifacts/{report}.csv"))
    }

    /// A command in this project, free of the caller's variables.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_etl"));
        command.current_dir(self.folder.path()).args(args).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["ETL_", "METRONOME_"].iter().any(|prefix| text.starts_with(prefix))
                || text == "RUST_LOG"
                || text == "NO_COLOR"
            {
                command.env_remove(&name);
            }
        }
        if let Some(reports) = self.reports {
            command.env("ETL_REPORT", reports);
        }
        command
    }

    /// Runs `etl` with these words.
    pub fn etl(&self, args: &[&str]) -> Outcome {
        Outcome::of(&mut self.command(args))
    }

    /// `etl run` with these flags.
    pub fn run(&self, flags: &[&str]) -> Outcome {
        self.etl(&[&["run"], flags].concat())
    }

    /// Takes landing into the lake; that must go well.
    pub fn normalize(&self) -> Outcome {
        self.run(&["--stage", "normalize"]).exits(0)
    }

    /// The rows of a query as CSV, header included.
    pub fn sql(&self, query: &str) -> String {
        self.etl(&["sql", "--format", "csv", "-c", query]).exits(0).stdout
    }

    /// The rows of a query as CSV, without the header.
    pub fn rows(&self, query: &str) -> Vec<String> {
        self.sql(query).lines().skip(1).map(str::to_owned).collect()
    }

    /// Every file below a folder by relative path, with its bytes; none where the folder is not there.
    pub fn files(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        files(&self.path(folder))
    }

    /// The names of [`Self::files`].
    pub fn names(&self, folder: &str) -> Vec<String> {
        self.files(folder).into_iter().map(|(name, _)| name).collect()
    }
}

/// Every file below a folder by relative path, with its bytes.
pub fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    visit(root, root, &mut found);
    found.sort();
    found
}

fn visit(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(root, &path, found);
        } else {
            found.push((path.strip_prefix(root).unwrap().display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

impl Outcome {
    /// Runs a command to its end.
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Asserts that standard error says all of this.
    #[track_caller]
    pub fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not said in:\n{}", self.stderr);
        }
        self
    }

    /// Asserts that whatever was said counts in the singular and in the plural as English does, and that no line of the log
    /// says its fields a second time.
    #[track_caller]
    pub fn counts_as_english_does(self) -> Self {
        for line in self.stdout.lines().chain(self.stderr.lines()) {
            let words: Vec<_> = line.split([' ', ':', ';', ',', '(', ')']).filter(|word| !word.is_empty()).collect();
            for pair in words.windows(2) {
                let [count, what] = pair else { continue };
                let is_plural = what.len() > 3 && what.ends_with('s') && what.chars().all(char::is_alphabetic);
                assert!(*count != "1" || !is_plural, "{pair:?} in: {line}");
            }
            for field in [" rows=", " files=", " table=", " endpoint=", " elapsed_ms=", " run_id=", " model="] {
                assert!(!line.contains(field), "{field} in: {line}");
            }
        }
        self
    }

    /// The JSON object on the last line of standard output.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(self.stdout.lines().last().unwrap_or_default()).unwrap()
    }
}
