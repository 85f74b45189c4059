//! A `.sql` file as data: its layer and name, its header, its SELECT, what it reads. No session, no tables.
//!
//! The built-in files are part of the binary; a project's own `sql/` folder adds to them and overrides by file name.

mod dimensions;
pub mod document;
mod header;
pub mod references;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tracing::warn;

pub use header::{Code, Grain, Header, HeaderColumn, ParameterKind, ParameterSpec, SqlType};

use self::references::references;
use crate::catalog::{self, Class, Partition, Table};
use crate::error::{Error, Result};
use crate::settings::{Dimension, Settings, Severity};
use crate::suggest::{one_of, slip};

/// The files of `sql/`, by relative path.
const BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sql.rs"));

/// The folders that a project's SQL is read from.
const LAYERS: [&str; 4] = ["staging", "intermediate", "marts", "checks"];

/// What a model may read and what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Renames, casts and converts units of one source table.
    Staging,
    /// One reusable step, never published.
    Intermediate,
    /// A report, published.
    Marts,
    /// Returns the rows that break a rule.
    Checks,
}

/// One `.sql` file.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its folder.
    pub layer: Layer,
    /// Its file name without ending: the table other models read.
    pub name: String,
    /// Where it was read, for messages.
    pub file: String,
    /// Whether it is one of ours, and not a project's own.
    pub is_built_in: bool,
    /// Its text, header included.
    pub sql: String,
    /// What the header says.
    pub header: Header,
    /// Tables and models it reads: schema, if any, and name.
    pub reads: BTreeSet<(Option<String>, String)>,
}

impl Model {
    /// A query of ours that no model reads, over what is published: its header says what it makes, as that of a report does.
    ///
    /// # Errors
    /// Usage (exit 2) when the header is not as it must be.
    pub fn over_published(name: &str, sql: &str) -> Result<Self> {
        let (layer, file) = (Layer::Marts, format!("page/figures/{name}.sql"));
        let header = Header::parse(sql, layer).map_err(|message| Error::usage(format!("{file}: {message}")))?;
        let (sql, reads) = (sql.to_owned(), words::tables(sql));
        Ok(Self { layer, name: name.to_owned(), file, is_built_in: true, sql, header, reads })
    }

    /// Whether it is planned anew in each model that reads it, and not made once. Staging is, so that big tables are not written
    /// a second time; but not where it reads a table that comes in snapshots: which of those is whole and the newest would be
    /// found out again by every reader.
    pub fn is_view(&self) -> bool {
        let is_snapshot = |(schema, name): &(Option<String>, String)| {
            let table = catalog::table("egress", name).filter(|_| schema.as_deref() == Some("current"));
            table.is_some_and(|table| matches!(table.class, Class::Snapshot { .. }))
        };
        let has_columns = !self.header.columns.is_empty();
        self.layer == Layer::Staging && !(has_columns && self.reads.iter().any(is_snapshot))
    }
}

/// All models by name.
#[derive(Debug, Clone, Default)]
pub struct Models(BTreeMap<String, Model>);

impl Models {
    /// The models that settings mean: the built-in ones, those of the project in their place or beside them, and the columns
    /// of `[dimensions]`.
    ///
    /// # Errors
    /// Usage (exit 2), naming the file or line, when a header, query or column is not as it must be.
    pub fn of(settings: &Settings) -> Result<Self> {
        Self::load(settings.sql.as_deref(), &settings.dimensions)
    }

    /// The built-in models, and those of the project's folder in their place or beside them, with these columns.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn load(project: Option<&Path>, dimensions: &[Dimension]) -> Result<Self> {
        let mut models = Self::default();
        for (path, sql) in BUILT_IN {
            models.add(path, &format!("sql/{path}"), (*sql).to_owned(), true)?;
        }
        if let Some(root) = project {
            name_unread(root)?;
            for layer in LAYERS {
                let folder = root.join(layer);
                let Ok(entries) = fs::read_dir(&folder) else { continue };
                for entry in entries {
                    let path = entry.map_err(|source| Error::io("list", &folder, source))?.path();
                    if path.extension().is_some_and(|extension| extension == "sql") {
                        let sql = fs::read_to_string(&path).map_err(|source| Error::io("read", &path, source))?;
                        let name = path.file_name().unwrap_or_default().to_string_lossy();
                        models.add(&format!("{layer}/{name}"), &path.display().to_string(), sql, false)?;
                    }
                }
            }
        }
        models.check_layers(|model| !model.is_built_in)?;
        for model in models.0.values_mut() {
            dimensions::attach(model, dimensions)?;
        }
        Ok(models)
    }

    /// The built-in models as they stand in the files: that each is one query of the parameters of its header, and reads what
    /// its words say, is held by the tests.
    fn add(&mut self, path: &str, file: &str, sql: String, is_built_in: bool) -> Result<()> {
        let Some((layer, name)) = path.strip_suffix(".sql").and_then(|path| path.split_once('/')) else {
            return Ok(());
        };
        let layer = match layer {
            "staging" => Layer::Staging,
            "intermediate" => Layer::Intermediate,
            "marts" => Layer::Marts,
            _ => Layer::Checks,
        };
        let wrong = |message: String| Error::usage(format!("{file}: {message}"));
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.chars().all(plain) {
            return Err(wrong("a model is named in lower-case letters, digits and underscores".to_owned()));
        }
        let header = Header::parse(&sql, layer).map_err(wrong)?;
        let reads = match is_built_in {
            true => words::tables(&sql),
            false => parsed(&sql, &header).map_err(wrong)?,
        };
        if let Some(other) = self.0.get(name)
            && other.layer != layer
        {
            return Err(wrong(format!("the name is taken by {}", other.file)));
        }
        let model = Model { layer, name: name.to_owned(), file: file.to_owned(), is_built_in, sql, header, reads };
        self.0.insert(model.name.clone(), model);
        Ok(())
    }

    /// Staging reads source tables, the layers above it read models, nothing reads a check, and there are no circles. A
    /// project's own models can make the built-in ones break it by a circle alone, of which they are part themselves.
    fn check_layers(&self, is_checked: impl Fn(&Model) -> bool) -> Result<()> {
        let checked = || self.0.values().filter(|model| is_checked(model));
        for model in checked() {
            if let Some(table) = &model.header.parts {
                let is_kept_in_folders =
                    |kept: &&Table| kept.qualified_name() == *table && matches!(kept.partition, Partition::Month(_));
                if model.layer != Layer::Intermediate || !catalog::TABLES.iter().any(is_kept_in_folders) {
                    return Err(Error::usage(format!("{}: it cannot be made of parts of {table}", model.file))
                        .hint("an intermediate model can be, of a table whose files lie in folders of months"));
                }
            }
            for (schema, name) in &model.reads {
                let other = self.0.get(name).filter(|_| schema.is_none());
                let allowed = match (model.layer, schema.as_deref(), other.map(|other| other.layer)) {
                    (_, None, None) => {
                        return Err(Error::usage(format!("{}: there is no model `{name}`", model.file)).hint(
                            crate::suggest::nearest(name, self.0.keys().map(String::as_str)).map_or(
                                "tables are read as current.NAME, egress.NAME, books.figures, api.NAME, etl.NAME or settings.NAME"
                                    .to_owned(),
                                |nearest| format!("did you mean `{nearest}`?"),
                            ),
                        ));
                    }
                    (_, None, Some(Layer::Checks)) => false,
                    (Layer::Checks, _, _) => true,
                    (Layer::Staging, Some(schema), _) => {
                        matches!(schema, "egress" | "current" | "books" | "api" | "etl" | "settings")
                    }
                    (Layer::Staging, None, _) | (_, Some(_), _) => false,
                    (layer, None, Some(other)) => other <= layer,
                };
                if !allowed {
                    let read = schema.as_ref().map_or(name.clone(), |schema| format!("{schema}.{name}"));
                    return Err(Error::usage(format!("{}: a model of this layer may not read {read}", model.file))
                        .hint("staging reads tables of the lake, intermediate and marts read models"));
                }
            }
        }
        checked().try_for_each(|model| self.closure([model.name.as_str()]).map(drop))
    }

    /// The codes of all exceptions that models find, by name.
    pub fn codes(&self) -> BTreeMap<&str, &Code> {
        let codes = self.0.values().flat_map(|model| &model.header.codes);
        codes.map(|code| (code.name.as_str(), code)).collect()
    }

    /// What a broken check does: as settings say, else its header.
    pub fn severity(&self, check: &Model, settings: &Settings) -> Severity {
        settings.severity(&check.name, check.header.severity)
    }

    /// Checks that `[checks]` names codes and checks that are there.
    ///
    /// # Errors
    /// Usage (exit 2), naming the line and what was meant.
    pub fn require_known_checks(&self, settings: &Settings) -> Result<()> {
        let checks = self.0.values().filter(|model| model.layer == Layer::Checks).map(|model| model.name.as_str());
        let known: BTreeSet<&str> = checks.chain(self.codes().into_keys()).collect();
        match settings.checks.iter().find(|(name, _)| !known.contains(name.as_str())) {
            None => Ok(()),
            Some((name, given)) => {
                Err(Error::usage(format!("{} is neither a check nor a code of an exception", given.by)).hint(
                    crate::suggest::nearest(name, known.iter().copied())
                        .map_or("`etl sql -c 'select * from settings.codes'` lists the codes".to_owned(), |nearest| {
                            format!("did you mean `{nearest}`?")
                        }),
                ))
            }
        }
    }

    /// The model of this name.
    pub fn get(&self, name: &str) -> Option<&Model> {
        self.0.get(name)
    }

    /// All models, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Model> {
        self.0.values()
    }

    /// The reports a pattern selects, by name.
    ///
    /// # Errors
    /// Usage (exit 2) when it selects none.
    pub fn reports(&self, pattern: Option<&crate::settings::Pattern>) -> Result<Vec<&Model>> {
        let all: Vec<_> = self.0.values().filter(|model| model.layer == Layer::Marts).collect();
        let Some(pattern) = pattern else { return Ok(all) };
        pattern.require_some("report", &all.iter().map(|model| model.name.as_str()).collect::<Vec<_>>())?;
        Ok(all.into_iter().filter(|model| pattern.matches(&model.name)).collect())
    }

    /// These models and all they read, each behind what it reads.
    ///
    /// # Errors
    /// Usage (exit 2) when models read each other in a circle.
    pub fn closure<'a>(&'a self, names: impl IntoIterator<Item = &'a str>) -> Result<Vec<&'a Model>> {
        fn visit<'a>(
            models: &'a Models,
            name: &'a str,
            path: &mut Vec<&'a str>,
            order: &mut Vec<&'a Model>,
        ) -> Result<()> {
            let Some(model) = models.0.get(name) else { return Ok(()) };
            if path.contains(&name) {
                return Err(Error::usage(format!(
                    "{}: models read each other in a circle: {}",
                    model.file,
                    path.join(" -> ")
                )));
            }
            if order.iter().any(|done| done.name == name) {
                return Ok(());
            }
            path.push(name);
            for (_, read) in model.reads.iter().filter(|(schema, _)| schema.is_none()) {
                visit(models, read, path, order)?;
            }
            path.pop();
            order.push(model);
            Ok(())
        }
        let mut order = Vec::new();
        for name in names {
            visit(self, name, &mut Vec::new(), &mut order)?;
        }
        Ok(order)
    }

    /// Whether a model reads a table of the lake, itself or by what it reads.
    ///
    /// # Errors
    /// As [`Self::closure`].
    pub fn reads(&self, model: &str, (schema, table): (&str, &str)) -> Result<bool> {
        let is_it = |(of, name): &(Option<String>, String)| of.as_deref() == Some(schema) && name == table;
        Ok(self.closure([model])?.iter().any(|model| model.reads.iter().any(is_it)))
    }

    /// The tables of the lake, by qualified name, that a model's query opens: its own and those of the views that it reads.
    pub fn opened_by(&self, model: &Model) -> BTreeSet<String> {
        let mut tables = BTreeSet::new();
        for (schema, name) in &model.reads {
            match (schema.as_deref(), self.0.get(name)) {
                (Some("current"), _) => drop(tables.insert(format!("egress.{name}"))),
                (Some(schema), _) => drop(tables.insert(format!("{schema}.{name}"))),
                (None, Some(view)) if view.is_view() => tables.extend(self.opened_by(view)),
                (None, _) => {}
            }
        }
        tables
    }

    /// Every parameter of every model, once.
    ///
    /// # Errors
    /// Usage (exit 2) when two models declare one with different types.
    pub fn parameters(&self) -> Result<BTreeMap<String, ParameterSpec>> {
        let mut all: BTreeMap<String, (&ParameterSpec, &str)> = BTreeMap::new();
        for model in self.0.values() {
            for parameter in &model.header.parameters {
                let (known, first) = all.entry(parameter.name.clone()).or_insert_with(|| (parameter, &model.file));
                if *known != parameter {
                    return Err(Error::usage(format!(
                        "{}: ${} is declared otherwise in {first}",
                        model.file, parameter.name
                    )));
                }
            }
        }
        Ok(all.into_iter().map(|(name, (parameter, _))| (name, parameter.clone())).collect())
    }
}

/// What a query reads, if its parameters are those of its header.
fn parsed(sql: &str, header: &Header) -> std::result::Result<BTreeSet<(Option<String>, String)>, String> {
    let found = references(sql)?;
    let declared: BTreeSet<_> = header.parameters.iter().map(|parameter| parameter.name.clone()).collect();
    if declared != found.parameters {
        let (declared, found) = (list(&declared), list(&found.parameters));
        return Err(format!("the header's params are {declared} but the query's are {found}"));
    }
    Ok(found.tables)
}

/// Names what stands in a project's SQL and is not read: folders of other names, folders in folders, and SQL beside them.
///
/// # Errors
/// Usage (exit 2) for a folder whose name is that of a layer but for a slip: its reports or checks would be missing.
fn name_unread(root: &Path) -> Result<()> {
    let warn_of = |path: &Path, why: &str| warn!("{} is not read: {why}", path.display());
    let folders = format!("{} beside it", one_of(LAYERS).replace(" or ", " and "));
    for path in listed(root)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if LAYERS.contains(&name.as_str()) {
            for path in listed(&path)? {
                if path.is_dir() {
                    warn_of(&path, "a model stands in the folder of its layer itself");
                } else if is_sql(&path) && path.extension().is_none_or(|ending| ending != "sql") {
                    warn_of(&path, "a model's name ends in .sql, in lower case");
                }
            }
        } else if path.is_dir() {
            if let Some(meant) = slip(&name, LAYERS) {
                let error = Error::usage(format!("{} is no folder of models", path.display()));
                return Err(error.hint(format!("did you mean {}?", root.join(meant).display())));
            }
            warn_of(&path, &format!("models are in the folders {folders}"));
        } else if is_sql(&path) {
            warn_of(&path, &format!("models are in the folders {folders}"));
        }
    }
    Ok(())
}

/// What is in a folder, by name, but for what is hidden; nothing where it is a file.
fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |source| Error::io("list", folder, source);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries.map(|entry| Ok(entry.map_err(failed)?.path())).collect::<Result<Vec<_>>>()?;
    paths.retain(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_'])));
    paths.sort();
    Ok(paths)
}

fn is_sql(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sql"))
}

fn list(names: &BTreeSet<String>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| format!("${name}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_models_are_what_is_not_looked_at_when_they_are_loaded() {
        let models = Models::load(None, &[]).unwrap();
        models.check_layers(|_| true).unwrap();
        for model in models.iter() {
            assert_eq!(parsed(&model.sql, &model.header).as_ref(), Ok(&model.reads), "{}", model.file);
        }
    }
}
