//! What need not be made again: a model or check whose SQL, parameters and everything that it reads are what they were when it was
//! last made came to the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::UNIX_EPOCH;

use arrow::array::RecordBatch;
use twox_hash::XxHash3_128;

use super::checks::{self, Check, Rule};
use crate::catalog::runs::{RESTATEMENTS, RUNS};
use crate::engine::CURRENT;
use crate::error::Result;
use crate::fingerprint;
use crate::make::{Made, Part, row_schema};
use crate::model::{Model, Models};
use crate::place::lake::{DataFile, Lake, TableState};
use crate::place::results::{Found, MadeOf, Results, Rows};
use crate::settings::Severity;
use crate::task::{Keeping, Task};

/// What models are made of, worked out once each.
#[derive(Clone)]
pub struct Origins<'a> {
    models: &'a Models,
    /// What stands for the content of each thing that is no model: tables by qualified name, parameters by `$name`.
    contents: BTreeMap<String, String>,
    environment: String,
    program: String,
    known: BTreeMap<String, Option<MadeOf>>,
}

impl<'a> Origins<'a> {
    /// Over the versions and parameters of a task, for one environment.
    pub fn of(task: &Task<'a>, environment: Option<&str>) -> Self {
        let tables = task.versions.iter().map(|(name, version)| (name.clone(), format!("version {version}")));
        let settings = task.setting_tables.iter().map(|(name, rows)| ((*name).to_owned(), text_of(rows)));
        let parameters = task.parameters.iter().map(|(name, value)| (format!("${name}"), format!("{value:?}")));
        Self {
            models: task.models,
            contents: tables.chain(settings).chain(parameters).collect(),
            environment: environment.unwrap_or_default().to_owned(),
            program: program(),
            known: BTreeMap::new(),
        }
    }

    /// Something else stands for the content of a table from now on; where it is nothing, models that read it are of no origin.
    pub fn replace(&mut self, table: &str, content: Option<String>) {
        self.contents.insert(table.to_owned(), content.unwrap_or_else(|| UNKNOWN.to_owned()));
        self.known.clear();
    }

    /// What a model is made of; nothing where that cannot be told, as of one that reads the record of runs.
    pub fn made_of(&mut self, model: &Model) -> Option<MadeOf> {
        if let Some(known) = self.known.get(&model.name) {
            return known.clone();
        }
        let made_of = self.work_out(model);
        self.known.insert(model.name.clone(), made_of.clone());
        made_of
    }

    /// What a model is made of where something else stands for the content of one table.
    fn made_of_part(&self, model: &Model, table: &str, content: &str) -> Option<MadeOf> {
        let mut part = Self { known: BTreeMap::new(), ..self.clone() };
        part.contents.insert(table.to_owned(), content.to_owned());
        part.made_of(model)
    }

    fn work_out(&mut self, model: &Model) -> Option<MadeOf> {
        let sql = hash_of(&format!("{:?}{}{:?}", model.layer, model.sql, model.header));
        let mut parts: MadeOf =
            [(PROGRAM.to_owned(), self.program.clone()), (format!("{SQL}{}", model.name), sql)].into();
        for parameter in &model.header.parameters {
            let name = format!("${}", parameter.name);
            if let Some(value) = self.contents.get(&name) {
                parts.insert(name, value.clone());
            }
        }
        for (schema, name) in &model.reads {
            let Some(schema) = schema else {
                let Some(read) = self.models.get(name) else { continue };
                parts.insert(name.clone(), whole(&self.made_of(read)?));
                continue;
            };
            let table = match schema == CURRENT {
                true => {
                    parts.insert("environment".to_owned(), self.environment.clone());
                    format!("egress.{name}")
                }
                false => format!("{schema}.{name}"),
            };
            let content = self.contents.get(&table).map_or("none", String::as_str);
            if table == RUNS.name || schema == "information_schema" || content == UNKNOWN {
                return None;
            }
            parts.insert(table, content.to_owned());
        }
        Some(parts)
    }

    /// Why models are not what they were, by the things that changed below them: tables, parameters, SQL. Empty where nothing is
    /// known of them from before.
    pub fn changes<'m>(&mut self, models: impl IntoIterator<Item = &'m Model>, results: &Results) -> BTreeSet<String> {
        let mut changes = BTreeSet::new();
        for model in models {
            let (Some(now), Some(last)) = (self.made_of(model), results.last(&model.name)) else { continue };
            let differs = |name: &&String| now.get(*name) != last.made_of.get(*name);
            let names = now.keys().chain(last.made_of.keys()).filter(differs);
            changes.extend(names.filter(|name| self.models.get(name).is_none()).cloned());
        }
        changes
    }
}

/// Why each report would be made again, by what changed below it; nothing for those that would come to the same. `unread` are tables of
/// which files are to be read.
///
/// # Errors
/// Usage (exit 2) when models read each other in a circle.
pub fn reasons(
    task: &Task<'_>,
    environment: Option<&str>,
    lake: &Lake,
    unread: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, Option<BTreeSet<String>>>> {
    let mut origins = Origins::of(task, environment);
    let results = Results::of(lake);
    unread.into_iter().for_each(|table| drop(origins.contents.insert(table, "to be read".to_owned())));
    let mut reasons = BTreeMap::new();
    for report in task.reports {
        let last = results.last(&report.name);
        let is_same = last.is_some_and(|last| origins.made_of(report).as_ref() == Some(&last.made_of));
        let below = task.models.closure([report.name.as_str()])?;
        let why = (!is_same).then(|| match last {
            Some(_) => origins.changes(below, &results),
            None => BTreeSet::new(),
        });
        reasons.insert(report.name.clone(), why);
    }
    Ok(reasons)
}

const PROGRAM: &str = "etl";
const SQL: &str = "SQL of ";
const UNKNOWN: &str = "unknown";

/// What stands for all that something is made of.
fn whole(made_of: &MadeOf) -> String {
    hash_of(&format!("{made_of:?}"))
}

fn hash_of(text: &str) -> String {
    let mut hash = XxHash3_128::new();
    hash.write(text.as_bytes());
    fingerprint::text(&hash)
}

fn text_of(rows: &RecordBatch) -> String {
    hash_of(&format!("{rows:?}"))
}

/// This very program: what another build makes of the same SQL may be something else.
fn program() -> String {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let written = file.as_ref().ok().and_then(|file| file.modified().ok()?.duration_since(UNIX_EPOCH).ok());
    let size = file.map_or(0, |file| file.len());
    format!("{} {size} {}", env!("CARGO_PKG_VERSION"), written.unwrap_or_default().as_nanos())
}

/// A table of fewer rows is not read in parts: planning a query for each would take longer.
const PARTED_ROWS: u64 = 100_000;

/// A file of fewer rows is read with the other small ones of its month.
const PART_ROWS: u64 = 16_384;

/// How the names of a model's parts begin.
fn prefix(model: &Model) -> String {
    format!("{}@", model.name)
}

/// Rows and findings of earlier runs, as far as a task may take them.
pub struct Reuse<'a> {
    origins: Origins<'a>,
    /// What the parts are made of that models are made of one by one.
    parts: BTreeMap<String, MadeOf>,
    results: Results,
    keeping: Keeping,
}

impl<'a> Reuse<'a> {
    /// Of a lake, for a task.
    pub fn of(task: &Task<'a>, environment: Option<&str>, lake: &Lake) -> Self {
        let mut origins = Origins::of(task, environment);
        if task.close.is_some() {
            // What moved in closed months is found out on the way.
            origins.replace(RESTATEMENTS.name, None);
        }
        Self { origins, parts: BTreeMap::new(), results: Results::of(lake), keeping: task.keeping }
    }

    /// From here on it is known what moved in closed months.
    pub fn is_restated(&mut self, file: &DataFile) {
        // The name ends in the hash of the rows.
        let hash = file.path.rsplit('-').next().unwrap_or(&file.path);
        self.origins.replace(RESTATEMENTS.name, Some(hash.to_owned()));
    }

    /// The rows of a model whose promises were judged, if it would come to the same.
    ///
    /// # Errors
    /// Failed when they cannot be read.
    pub fn rows(&mut self, model: &Model) -> Result<Option<(u64, Rows)>> {
        match self.header(model) {
            Some(_) if !model.is_view() => self.kept_rows(model),
            _ => Ok(None),
        }
    }

    fn kept_rows(&mut self, model: &Model) -> Result<Option<(u64, Rows)>> {
        match self.origins.made_of(model) {
            Some(made_of) => self.results.rows(&model.name, &made_of),
            None => Ok(None),
        }
    }

    /// What was found of all that a model's header promises, of the same rows; nothing where some of it was not.
    pub fn header(&mut self, model: &Model) -> Option<Vec<Check>> {
        if self.keeping != Keeping::TakeAndKeep {
            return None;
        }
        let rules = checks::rules(model);
        let found = rules.iter().map(|rule| {
            let made_of = self.of_rule(model, rule)?;
            let name = rule.name(model);
            self.results.found(&name, &made_of).map(|found| Check::known(name, Severity::Block, found))
        });
        found.collect()
    }

    /// What a check found of the same.
    pub fn check(&mut self, check: &Model, severity: Severity) -> Option<Check> {
        let made_of = self.origins.made_of(check).filter(|_| self.keeping == Keeping::TakeAndKeep)?;
        self.results.found(&check.name, &made_of).map(|found| Check::known(check.name.clone(), severity, found))
    }

    /// What a promise is held against: the model's rows, and those of the model that it is to have as many rows as.
    fn of_rule(&mut self, model: &Model, rule: &Rule) -> Option<MadeOf> {
        let mut parts: MadeOf = [("rule".to_owned(), rule.sql.clone())].into();
        for name in [Some(&model.name), rule.counted_by.as_ref()].into_iter().flatten() {
            let of = self.origins.models.get(name)?;
            parts.insert(name.clone(), whole(&self.origins.made_of(of)?));
        }
        Some(parts)
    }

    /// The parts that a model is made of one by one, with what is kept of them: each large file, and the small ones of a month; none where it is made at once, as of a table that
    /// has few rows.
    ///
    /// # Errors
    /// Failed when what is kept cannot be read.
    pub fn parts(&mut self, model: &Model, opened: &[TableState]) -> Result<Vec<Part>> {
        let Some(state) = opened.iter().find(|state| Some(&state.table) == model.header.parts.as_ref()) else {
            return Ok(Vec::new());
        };
        if state.files.iter().map(|file| file.rows).sum::<u64>() < PARTED_ROWS {
            return Ok(Vec::new());
        }
        let mut contents: BTreeMap<String, Vec<&DataFile>> = BTreeMap::new();
        for file in &state.files {
            let part = match file.rows < PART_ROWS {
                true => file.path.split('/').next().unwrap_or_default().to_owned(),
                false => file.path.trim_end_matches(".parquet").replace('/', "@"),
            };
            contents.entry(part).or_default().push(file);
        }
        let mut parts = Vec::new();
        for (part, files) in contents {
            let name = format!("{}{part}", prefix(model));
            let content: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
            let made_of = self.origins.made_of_part(model, &state.table, &content.join(", "));
            let kept = match made_of.as_ref().filter(|_| self.keeping == Keeping::TakeAndKeep) {
                Some(made_of) => self.results.rows(&name, made_of)?.map(|(_, rows)| rows),
                None => None,
            };
            let files = files.iter().map(|file| match &kept {
                Some(_) => Ok(state.path_of(file)),
                None => state.brought(file),
            });
            let files = files.collect::<Result<_>>()?;
            parts.push(Part { name: name.clone(), table: state.table.clone(), files, kept });
            self.parts.extend(made_of.map(|made_of| (name, made_of)));
        }
        Ok(parts)
    }

    /// Keeps the rows that a model came to; `staging` is where its file is.
    ///
    /// # Errors
    /// Failed when they cannot be written.
    pub fn keep_rows(&mut self, model: &Model, made: &Made, staging: &Path) -> Result<()> {
        let Some(made_of) = self.origins.made_of(model).filter(|_| self.keeping != Keeping::Neither) else {
            return Ok(());
        };
        let schema = row_schema(model);
        let keep = |name: &str, made_of: &MadeOf, file: &Option<DataFile>, held: &Option<Vec<RecordBatch>>| match file {
            Some(file) => self.results.keep_file(name, made_of, staging, file),
            None => self.results.keep_rows(name, made_of, &schema, held.as_deref().unwrap_or_default()),
        };
        keep(&model.name, &made_of, &made.file, &made.held)?;
        for part in &made.parts {
            if let Some(made_of) = self.parts.get(&part.name) {
                keep(&part.name, made_of, &part.file, &part.held)?;
            }
        }
        if model.header.parts.is_some() {
            self.results.keep_only(&prefix(model), &self.parts.keys().cloned().collect());
        }
        Ok(())
    }

    /// Keeps what a view was made from, by which it is told later what changed.
    pub fn keep_view(&mut self, view: &Model) {
        if let Some(made_of) = self.origins.made_of(view).filter(|_| self.keeping != Keeping::Neither) {
            self.results.keep_view(&view.name, made_of);
        }
    }

    /// Keeps what was found of what a header promises.
    pub fn keep_header(&mut self, model: &Model, found: &[Check]) {
        for (rule, check) in checks::rules(model).iter().zip(found) {
            let made_of = self.of_rule(model, rule);
            self.keep_found(check, made_of);
        }
    }

    /// Keeps what a check found.
    pub fn keep_check(&mut self, model: &Model, found: &Check) {
        let made_of = self.origins.made_of(model);
        self.keep_found(found, made_of);
    }

    fn keep_found(&self, check: &Check, made_of: Option<MadeOf>) {
        if let Some(made_of) = made_of.filter(|_| self.keeping != Keeping::Neither) {
            let (offending_rows, first_row) = (check.offending_rows, check.first_row.clone());
            self.results.keep_found(&check.name, Found { made_of, offending_rows, first_row });
        }
    }

    /// Why these models are made.
    pub fn changes<'m>(&mut self, models: impl IntoIterator<Item = &'m Model>) -> BTreeSet<String> {
        self.origins.changes(models, &self.results)
    }

    /// Writes down what is kept for the next run.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub fn finish(&self) -> Result<()> {
        match self.keeping {
            Keeping::Neither => Ok(()),
            _ => self.results.finish(),
        }
    }
}
