//! `pipeline.toml`: the settings that last.
//!
//! Values are kept as text beside their line and resolved together with flags and variables, so that all three are
//! checked by the same code. An unknown key is an error: a misspelt one would otherwise change a report by doing nothing.

use std::collections::BTreeMap;
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, ErrorKind, Result};
use crate::settings::given::{Given, GivenBy};
use crate::settings::parameters::{Parameter, is_name};
use crate::settings::variables::TOKEN;
use crate::suggest::nearest;
use crate::value::names::Names;

/// The file looked for in the current folder and above it.
pub(crate) const DEFAULT_NAME: &str = "pipeline.toml";

/// The nearest file of that name in a folder above this one, by its absolute path.
///
/// # Errors
/// Usage where it lies in a folder that everybody may write to, such as `/tmp`: whoever put it there could have a token
/// sent to another address.
pub(crate) fn above(folder: &Path) -> Result<Option<PathBuf>> {
    let start = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let absolute = start.canonicalize().map_err(|source| Error::io("resolve", start, source))?;
    let Some(found) = absolute.ancestors().skip(1).map(|above| above.join(DEFAULT_NAME)).find(|path| path.is_file())
    else {
        return Ok(None);
    };
    let its_folder = found.parent().unwrap_or(&absolute);
    let mode = its_folder.metadata().map_err(|source| Error::io("read", its_folder, source))?.permissions().mode();
    if mode & 0o002 != 0 {
        return Err(Error::usage(format!("{} is in a folder that everybody may write to", found.display()))
            .hint("name it with --config if it is meant, or make one of your own here with `etl init .`"));
    }
    Ok(Some(found))
}

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Number,
    /// `true` or `false`.
    Truth,
    /// A list of texts, or one text for a list of one.
    Names,
}

/// Every key there is, but for those of `[parameters]`, `[accounts]`, `[checks]`, `[metrics]` and `[dimensions]`, which others know.
pub(crate) const KEYS: &[(&str, Kind)] = &[
    ("source", Kind::Names),
    ("environment", Kind::Text),
    ("paths.landing", Kind::Text),
    ("paths.lake", Kind::Text),
    ("paths.artifacts", Kind::Text),
    ("paths.closes", Kind::Text),
    ("paths.sql", Kind::Text),
    ("store.endpoint", Kind::Text),
    ("store.region", Kind::Text),
    ("store.addressing", Kind::Text),
    ("store.requests", Kind::Number),
    ("store.retry_for", Kind::Text),
    ("store.ca_file", Kind::Text),
    ("store.proxy", Kind::Text),
    ("store.cache", Kind::Text),
    ("store.cache_size", Kind::Text),
    ("store.lease", Kind::Text),
    ("api.base_url", Kind::Text),
    ("api.token_file", Kind::Text),
    ("api.rate", Kind::Text),
    ("api.concurrency", Kind::Number),
    ("api.attempts", Kind::Number),
    ("api.retry_budget", Kind::Number),
    ("api.request_timeout", Kind::Text),
    ("api.table_timeout", Kind::Text),
    ("api.run_timeout", Kind::Text),
    ("api.body", Kind::Text),
    ("api.lookback_days", Kind::Number),
    ("api.full_every_days", Kind::Number),
    ("api.resume_days", Kind::Number),
    ("api.keep_days", Kind::Number),
    ("api.tables", Kind::Names),
    ("quality.quarantine", Kind::Text),
    ("quality.unknown_files", Kind::Text),
    ("load.formula_cells", Kind::Text),
    ("load.byte_order_mark", Kind::Truth),
    ("load.workbook", Kind::Truth),
    ("load.page", Kind::Truth),
    ("journal.format", Kind::Text),
    ("log.format", Kind::Text),
    ("limits.threads", Kind::Number),
    ("limits.memory", Kind::Text),
    ("sample.notice", Kind::Text),
];

const PARAMETERS: &str = "parameters";
const ACCOUNTS: &str = "accounts";
const CHECKS: &str = "checks";
const METRICS: &str = "metrics";
const DIMENSIONS: &str = "dimensions";

/// What a metric of `[metrics]` says.
const METRIC_KEYS: [&str; 3] = ["event_type", "aggregate", "key"];

/// What somebody may call a token that they are about to keep in the file.
const SECRETS: [&str; 4] = ["token", "bearer_token", "api_token", "metronome_bearer_token"];

/// A settings file that was read; every key in it is known and of its kind.
#[derive(Debug, Default)]
pub(crate) struct File {
    path: PathBuf,
    values: BTreeMap<String, Given<String>>,
    pub(crate) parameters: BTreeMap<String, Parameter>,
    pub(crate) accounts: BTreeMap<String, Given<String>>,
    pub(crate) checks: BTreeMap<String, Given<String>>,
    pub(crate) metrics: BTreeMap<String, GivenMetric>,
    pub(crate) dimensions: BTreeMap<String, Given<String>>,
}

/// A metric of `[metrics]`, its values by key.
#[derive(Debug)]
pub(crate) struct GivenMetric {
    pub(crate) by: GivenBy,
    pub(crate) values: BTreeMap<String, Given<String>>,
}

impl File {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::io("read the settings file", path, error).kind_is(ErrorKind::Usage))?;
        Self::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        let mut reader = Reader { text, file: Self { path: path.to_owned(), ..Self::default() } };
        let root = DeTable::parse(text).map_err(|error| {
            let line = line_of(text, error.span().map_or(0, |span| span.start));
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            Error::usage(format!("{}:{line}: {message}", path.display())).hint("the file is TOML: https://toml.io")
        })?;
        reader.table("", root.get_ref())?;
        Ok(reader.file)
    }

    /// The value of a key of [`KEYS`]; a list's names are joined by commas, as the flag has them.
    pub(crate) fn value(&self, key: &str) -> Option<&Given<String>> {
        debug_assert!(KEYS.iter().any(|(known, _)| *known == key), "no key {key}");
        self.values.get(key)
    }

    /// The value of a key that is `true` or `false`.
    pub(crate) fn truth(&self, key: &str, default: bool) -> bool {
        self.value(key).map_or(default, |given| given.value == "true")
    }

    /// The folder the file is in, from which its paths count; empty for the current one.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }
}

struct Reader<'a> {
    text: &'a str,
    file: File,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) -> Result<()> {
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start); // the first mistake in the file is the one reported
        for (key, value) in entries {
            let name = join(prefix, key.get_ref());
            if prefix == PARAMETERS {
                self.parameter(&name, key, value)?;
            } else if [ACCOUNTS, CHECKS, DIMENSIONS].contains(&prefix) {
                let given = self.text(&name, value)?;
                let named = match prefix {
                    ACCOUNTS => &mut self.file.accounts,
                    CHECKS => &mut self.file.checks,
                    _ => &mut self.file.dimensions,
                };
                named.insert(key.get_ref().to_string(), given);
            } else if prefix == METRICS {
                let metric = self.metric(&name, value)?;
                self.file.metrics.insert(key.get_ref().to_string(), metric);
            } else if let Some((_, kind)) = KEYS.iter().find(|(known, _)| *known == name) {
                self.key(&name, *kind, value)?;
            } else if sections().any(|section| section == name) {
                let DeValue::Table(inner) = value.get_ref() else {
                    return Err(self.refuse(&name, value, &format!("a table, written [{name}]")));
                };
                self.table(&name, inner)?;
            } else {
                return Err(self.unknown(prefix, &name, key));
            }
        }
        Ok(())
    }

    fn key(&mut self, name: &str, kind: Kind, value: &Spanned<DeValue<'_>>) -> Result<()> {
        let text = match kind {
            Kind::Text => {
                written(value.get_ref()).ok_or_else(|| self.refuse(name, value, "a text that is not empty"))?
            }
            Kind::Number => whole(value.get_ref()).ok_or_else(|| self.refuse(name, value, "a whole number"))?,
            Kind::Truth => match value.get_ref() {
                DeValue::Boolean(truth) => truth.to_string(),
                _ => return Err(self.refuse(name, value, "true or false")),
            },
            Kind::Names => names(value.get_ref()).ok_or_else(|| self.refuse(name, value, "a list of names"))?,
        };
        let by = self.by(name, value.span());
        self.file.values.insert(name.to_owned(), Given::new(text, by));
        Ok(())
    }

    fn text(&self, name: &str, value: &Spanned<DeValue<'_>>) -> Result<Given<String>> {
        let text = written(value.get_ref()).ok_or_else(|| self.refuse(name, value, "a text that is not empty"))?;
        Ok(Given::new(text, self.by(name, value.span())))
    }

    fn metric(&self, name: &str, value: &Spanned<DeValue<'_>>) -> Result<GivenMetric> {
        let expected = "a table such as { event_type = \"image\", aggregate = \"sum\", key = \"count\" }";
        let DeValue::Table(table) = value.get_ref() else { return Err(self.refuse(name, value, expected)) };
        let mut values = BTreeMap::new();
        for (key, value) in table {
            let short: &str = key.get_ref();
            let full = join(name, short);
            if !METRIC_KEYS.contains(&short) {
                return Err(Error::usage(format!("{} is unknown", self.by(&full, key.span())))
                    .hint(format!("known here: {}", METRIC_KEYS.join(", "))));
            }
            values.insert(short.to_owned(), self.text(&full, value)?);
        }
        Ok(GivenMetric { by: self.by(name, value.span()), values })
    }

    fn parameter(&mut self, name: &str, key: &Spanned<impl AsRef<str>>, value: &Spanned<DeValue<'_>>) -> Result<()> {
        let short = key.get_ref().as_ref();
        if !is_name(short) {
            let error = format!("{} is no name for a parameter", self.by(name, key.span()));
            return Err(Error::usage(error).hint("a name has lower-case letters, digits and `_`"));
        }
        let text = match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Boolean(truth) => Some(truth.to_string()),
            DeValue::Datetime(moment) => Some(moment.to_string()),
            DeValue::Array(list) => list
                .iter()
                .map(|name| written(name.get_ref()))
                .collect::<Option<Vec<_>>>()
                .filter(|names| !names.is_empty())
                .map(|names| Names::join(&names)),
            number => whole(number),
        };
        let text = text.ok_or_else(|| {
            let refusal = self.refuse(name, value, "a text, a list of texts, a whole number, a date or a boolean");
            // A binary fraction must never come near money; quoted, the digits stay as written.
            if value.get_ref().is_float() { refusal.hint("write the number in quotes") } else { refusal }
        })?;
        let by = self.by(name, value.span());
        self.file.parameters.insert(short.to_owned(), Parameter { value: text, by });
        Ok(())
    }

    fn by(&self, key: &str, span: Range<usize>) -> GivenBy {
        GivenBy::File { path: self.file.path.clone(), line: line_of(self.text, span.start), key: key.to_owned() }
    }

    fn refuse(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) -> Error {
        let written = self.text.get(value.span()).and_then(|text| text.lines().next()).unwrap_or_default();
        self.by(key, value.span()).refuse(written, expected)
    }

    fn unknown(&self, prefix: &str, name: &str, key: &Spanned<impl AsRef<str>>) -> Error {
        let line = line_of(self.text, key.span().start);
        let error = Error::usage(format!("{}:{line}: unknown key `{name}`", self.file.path.display()));
        let known = || KEYS.iter().map(|(known, _)| *known).chain(sections());
        let short = key.get_ref().as_ref();
        if SECRETS.contains(&short.to_lowercase().as_str()) {
            let error = format!("{} is a secret, which this file is no place for", self.by(name, key.span()));
            return Error::usage(error).hint(format!(
                "set the variable `{TOKEN}`, or put it into a file that only you can read, named in `api.token_file`"
            ));
        }
        let beside = nearest(name, known().filter(|known| parent(known) == prefix));
        let elsewhere = || known().find(|known| known.ends_with(&format!(".{short}")));
        if let Some(meant) = beside.or_else(elsewhere).or_else(|| nearest(name, known())) {
            return error.hint(format!("did you mean `{meant}`?"));
        }
        let siblings: Vec<&str> = known().filter(|known| parent(known) == prefix).collect();
        error.hint(format!("known here: {}", siblings.join(", ")))
    }
}

/// `paths`, `quality` and so on, each once, then those whose keys others know.
fn sections() -> impl Iterator<Item = &'static str> {
    let mut last = "";
    let sections = KEYS.iter().filter_map(|(key, _)| key.split_once('.')).map(|(section, _)| section);
    sections
        .filter(move |section| std::mem::replace(&mut last, *section) != *section)
        .chain([PARAMETERS, ACCOUNTS, CHECKS, METRICS, DIMENSIONS])
}

fn parent(key: &str) -> &str {
    key.rsplit_once('.').map_or("", |(parent, _)| parent)
}

fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn written(value: &DeValue<'_>) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

fn whole(value: &DeValue<'_>) -> Option<String> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string())
}

fn names(value: &DeValue<'_>) -> Option<String> {
    let Some(list) = value.as_array() else { return written(value) };
    let names: Option<Vec<String>> = list.iter().map(|name| written(name.get_ref())).collect();
    names.filter(|names| !names.is_empty()).map(|names| names.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<File> {
        File::parse(Path::new("conf/pipeline.toml"), text)
    }

    fn report(text: &str) -> String {
        parse(text).expect_err(text).report()
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_a_suggestion() {
        assert_eq!(
            report("source = [\"egress\"]\n\n[quality]\nquarentine = \"block\"\n"),
            "error: conf/pipeline.toml:4: unknown key `quality.quarentine`\nhint: did you mean `quality.quarantine`?"
        );
        assert_eq!(
            report("# mine\n[pathz]\nlake = \"x\"\n"),
            "error: conf/pipeline.toml:2: unknown key `pathz`\nhint: did you mean `paths`?"
        );
    }

    #[test]
    fn a_key_in_the_wrong_table_is_pointed_to_the_right_one() {
        let expected = "error: conf/pipeline.toml:1: unknown key `lake`\nhint: did you mean `paths.lake`?";
        assert_eq!(report("lake = \"x\""), expected);
        assert!(report("[limits]\nquarantine = \"block\"").ends_with("did you mean `quality.quarantine`?"));
    }

    #[test]
    fn a_key_like_no_other_is_told_what_is_known() {
        assert!(report("[limits]\nxyzzyxyzzy = 1").ends_with("hint: known here: limits.threads, limits.memory"));
    }

    #[test]
    fn a_token_has_no_place_in_the_file_and_is_not_shown() {
        for text in ["[api]\ntoken = \"s3cret\"", "\napi.bearer_token = \"s3cret\"", "\nTOKEN = \"s3cret\""] {
            let report = report(text);
            assert!(report.contains("conf/pipeline.toml:2: `") && report.contains("is a secret"), "{report}");
            assert!(report.contains("`METRONOME_BEARER_TOKEN`") && report.contains("`api.token_file`"), "{report}");
            assert!(!report.contains("s3cret"), "{report}");
        }
        assert!(report("[api]\ntoken_fil = \"x\"").ends_with("did you mean `api.token_file`?"));
    }

    #[test]
    fn the_first_of_several_mistakes_is_reported() {
        assert!(report("zeta = 1\nalpha = 2").contains(":1: unknown key `zeta`"));
    }

    #[test]
    fn a_value_of_another_kind_is_refused_as_it_is_written() {
        assert_eq!(
            report("[limits]\nthreads = \"4\""),
            "error: conf/pipeline.toml:2: `limits.threads` is `\"4\"`, expected a whole number"
        );
        assert!(report("paths = 3").contains("`paths` is `3`, expected a table, written [paths]"));
        assert!(report("[paths]\nlake = \"\"").contains("expected a text that is not empty"));
        assert!(report("source = []").contains("expected a list of names"));
    }

    #[test]
    fn what_is_not_toml_is_refused_with_its_line() {
        let report = report("source = [\"egress\"]\nenvironment = auto\n");
        assert!(report.starts_with("error: conf/pipeline.toml:2: "), "{report}");
        assert!(parse("a = 1\na = 2").is_err());
    }

    #[test]
    fn parameters_of_every_accepted_kind_become_text() {
        let text =
            "[parameters]\na = \"A1 Company\"\nb = 2024-03-10\nc = 1_000\nd = true\ne = 2024-03-10T00:00:00Z\nf = -0\n";
        let file = parse(text).expect("parses");
        let values: Vec<&str> = file.parameters.values().map(|parameter| parameter.value.as_str()).collect();
        assert_eq!(values, ["A1 Company", "2024-03-10", "1000", "true", "2024-03-10T00:00:00Z", "0"]);
        let expected = GivenBy::File { path: "conf/pipeline.toml".into(), line: 3, key: "parameters.b".to_owned() };
        assert_eq!(file.parameters["b"].by, expected);
    }

    #[test]
    fn a_binary_fraction_is_no_parameter_until_it_is_quoted() {
        assert!(report("[parameters]\nrate = 0.1").ends_with("hint: write the number in quotes"));
        let names = parse("[parameters]\ncustomer_name = [\"A1 Company\", \"Acme, Inc.\"]").expect("parses");
        assert_eq!(names.parameters["customer_name"].value, "A1 Company,\"Acme, Inc.\"");
        assert!(
            report("[parameters]\nlist = [1]")
                .contains("expected a text, a list of texts, a whole number, a date or a boolean")
        );
        assert!(report("[parameters]\nRate = \"1\"").contains("is no name for a parameter"));
    }

    #[test]
    fn accounts_checks_and_metrics_are_named_by_those_who_know_them() {
        let file = parse(
            "[accounts]\ndeferred = \"2400\"\n[checks]\nLINE_LOST = \"warn\"\n[metrics]\n\
             \"Images ({size})\" = { event_type = \"image\", aggregate = \"sum\", key = \"count\" }\n",
        )
        .expect("parses");
        assert_eq!(file.accounts["deferred"].value, "2400");
        assert_eq!(file.checks["LINE_LOST"].value, "warn");
        assert_eq!(file.metrics["Images ({size})"].values["aggregate"].value, "sum");
        assert!(report("[metrics]\nx = \"sum\"").contains("expected a table such as { event_type"));
        assert!(report("[metrics]\nx = { kind = \"sum\" }").ends_with("hint: known here: event_type, aggregate, key"));
        assert!(report("[accounts]\ndeferred = 2400").contains("expected a text that is not empty"));
    }

    #[test]
    fn one_source_needs_no_list_and_dotted_keys_are_tables() {
        let file = parse("source = \"egress\"\npaths.lake = \"x\"\n").expect("parses");
        assert_eq!(file.value("source").map(|given| given.value.as_str()), Some("egress"));
        assert_eq!(file.value("paths.lake").map(|given| given.value.as_str()), Some("x"));
        assert_eq!(file.folder(), Path::new("conf"));
    }
}
