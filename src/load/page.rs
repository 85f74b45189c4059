//! The page: the reports as one file that a browser shows without a network, with charts, filters and the way of each figure.
//!
//! It holds the very text of the CSVs, compressed, so that a figure on it is that of the file; nothing here or in the browser does
//! arithmetic on it. Totals and what charts draw are queries over the published reports, `page/figures/*.sql`, each with a contract as a
//! report has one. Rows are streamed from the lake into the file. No clock and no run is in it: the same reports make the same bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use base64::engine::general_purpose::STANDARD;
use base64::prelude::Engine as _;
use base64::write::EncoderWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::TryStreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tracing::warn;

use super::{Artifact, Hashing, Manifest, Published, write_csv};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::fingerprint::hex;
use crate::make::row_schema;
use crate::model::{Grain, Header, Model, Models, SqlType};
use crate::place::lake::{Lake, TableState};
use crate::printer::csv;
use crate::run::{ReportRecord, RunRecord};
use crate::settings::Settings;
use crate::task::mart_table;

/// Its name among the artifacts.
pub const PAGE: &str = "report.html";
/// A report with more rows is in its CSV alone: a browser holds what it shows in memory.
const MOST_ROWS: u64 = 200_000;

const TEMPLATE: &str = include_str!("../../page/page.html");
const STYLES: [&str; 2] = [include_str!("../../page/vendor/libraries.css"), include_str!("../../page/page.css")];
const SCRIPTS: [&str; 2] = [include_str!("../../page/vendor/libraries.min.js"), include_str!("../../page/page.js")];

/// The queries for totals and charts, by name. One is left out where a report that it reads is not published.
const FIGURES: [(&str, &str); 15] = [
    ("checks_by_result", include_str!("../../page/figures/checks_by_result.sql")),
    ("commits_by_month", include_str!("../../page/figures/commits_by_month.sql")),
    ("commits_now", include_str!("../../page/figures/commits_now.sql")),
    ("currencies", include_str!("../../page/figures/currencies.sql")),
    ("customers_billed", include_str!("../../page/figures/customers_billed.sql")),
    ("deferred_by_booking", include_str!("../../page/figures/deferred_by_booking.sql")),
    ("deferred_by_month", include_str!("../../page/figures/deferred_by_month.sql")),
    ("exceptions_by_code", include_str!("../../page/figures/exceptions_by_code.sql")),
    ("months_closed", include_str!("../../page/figures/months_closed.sql")),
    ("newest_day", include_str!("../../page/figures/newest_day.sql")),
    ("receivables_by_age", include_str!("../../page/figures/receivables_by_age.sql")),
    ("receivables_by_customer", include_str!("../../page/figures/receivables_by_customer.sql")),
    ("restated_by_month", include_str!("../../page/figures/restated_by_month.sql")),
    ("revenue_by_month", include_str!("../../page/figures/revenue_by_month.sql")),
    ("revenue_totals", include_str!("../../page/figures/revenue_totals.sql")),
];

/// What a query for the page came to.
pub struct Figure {
    model: Model,
    schema: SchemaRef,
    rows: Vec<RecordBatch>,
    /// Whether it has no more rows than a page holds.
    is_here: bool,
}

/// Asks the published reports for what the page adds up.
///
/// # Errors
/// Damaged (exit 5) when a table cannot be read; failed when a query fails.
pub async fn figures(
    reports: &BTreeMap<&str, TableState>,
    published: &RunRecord,
    lake: &Lake,
    settings: &Settings,
    models: &Models,
) -> Result<Vec<Figure>> {
    let of_run = (published.versions.clone(), published.environment.clone());
    let mut engine = Engine::new(lake, of_run.0, of_run.1, settings.threads, settings.memory_bytes)?;
    let mut figures = Vec::new();
    let mut registered = Vec::new();
    for (name, sql) in FIGURES {
        let model = Model::over_published(name, sql)?;
        let read: Vec<_> = model.reads.iter().filter(|(schema, _)| schema.is_none()).map(|(_, name)| name).collect();
        if !read
            .iter()
            .all(|name| published.versions.contains_key(&mart_table(name)) && reports.contains_key(name.as_str()))
        {
            continue;
        }
        for name in read {
            if let (false, Some(report)) = (registered.contains(name), models.get(name)) {
                engine.register_files(name, reports[name.as_str()].clone(), &row_schema(report))?;
                registered.push(name.clone());
            }
        }
        engine.provide(&model.reads).await?;
        let plan = match engine.plan_model(&model, &BTreeMap::new()).await {
            Ok(plan) => plan,
            // A report that a project has made its own need not have every column of ours.
            Err(error) => {
                warn!("the page is without {name}: {error}");
                continue;
            }
        };
        let failed = |error| engine.query_failed(name, &error);
        let mut found = engine.execute(&plan).await.map_err(failed)?;
        let (schema, mut rows, mut count) = (found.schema(), Vec::new(), 0);
        while let Some(batch) = found.try_next().await.map_err(failed)? {
            count += batch.num_rows() as u64;
            if count > MOST_ROWS {
                break;
            }
            rows.push(batch);
        }
        figures.push(Figure { model, schema, rows, is_here: count <= MOST_ROWS });
    }
    Ok(figures)
}

/// Writes it.
///
/// # Errors
/// Damaged (exit 5) when a file cannot be read; failed when it cannot be written.
pub fn write(
    path: &Path,
    manifest: &Manifest,
    reports: &[Published<'_>],
    figures: &[Figure],
    settings: &Settings,
) -> Result<Artifact> {
    let failed = |source| Error::io("write", path, source);
    let file = File::create_new(path).map_err(failed)?;
    let mut out = Hashing { inner: BufWriter::new(file), hash: Sha256::new(), bytes: 0 };
    let mut rows = 0;
    let mut parts = TEMPLATE.split("{{");
    out.write_all(parts.next().unwrap_or_default().as_bytes()).map_err(failed)?;
    for part in parts {
        let (slot, rest) = part.split_once("}}").unwrap_or(("", part));
        match slot {
            "policy" => out.write_all(policy().as_bytes()).map_err(failed)?,
            "styles" => STYLES.iter().try_for_each(|text| element(&mut out, "style", text)).map_err(failed)?,
            "scripts" => SCRIPTS.iter().try_for_each(|text| element(&mut out, "script", text)).map_err(failed)?,
            "contents" => {
                let json = contents(manifest, reports, figures, settings).to_string();
                out.write_all(harmless(&json).as_bytes()).map_err(failed)?;
            }
            "rows" => rows = write_rows(&mut out, reports, figures, settings, path)?,
            _ => return Err(Error::failed(format!("the page has no part `{slot}`"))),
        }
        out.write_all(rest.as_bytes()).map_err(failed)?;
    }
    let file = out.inner.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    let (lake_files, made_from) = (Vec::new(), ReportRecord::default());
    Ok(Artifact { rows, size_bytes: out.bytes, sha256: hex(&out.hash.finalize()), lake_files, made_from })
}

/// What a browser is allowed: the page's own scripts and styles by their hashes, and nothing from anywhere.
fn policy() -> String {
    let hashes = |texts: &[&str]| {
        let hash = |text: &&str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        texts.iter().map(hash).collect::<Vec<_>>().join(" ")
    };
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hashes(&SCRIPTS),
        hashes(&STYLES)
    )
}

fn element(out: &mut impl Write, name: &str, text: &str) -> io::Result<()> {
    writeln!(out, "<{name}>{text}</{name}>")
}

/// JSON in which nothing ends the element that it stands in.
fn harmless(json: &str) -> String {
    json.replace('<', "\\u003c")
}

/// What is on the page, and what is said of it.
fn contents(manifest: &Manifest, reports: &[Published<'_>], figures: &[Figure], settings: &Settings) -> Value {
    let listed = reports.iter().filter_map(|report| {
        let mut told = told(report.name, report.header?, report.rows);
        told["is_here"] = (report.rows <= MOST_ROWS).into();
        Some(told)
    });
    let counted = figures.iter().map(|figure| {
        let rows = figure.rows.iter().map(|batch| batch.num_rows() as u64).sum();
        let mut told = told(&id_of(figure), &figure.model.header, rows);
        let of = figure
            .model
            .reads
            .iter()
            .map(|(schema, name)| schema.iter().fold(name.clone(), |name, of| format!("{of}.{name}")));
        told["of"] = of.collect::<Vec<_>>().into();
        told["is_here"] = figure.is_here.into();
        told
    });
    json!({
        "environment": manifest.environment,
        "notice": manifest.notice,
        "parameters": manifest.parameters,
        "etl_version": manifest.etl_version,
        "is_escaped": settings.formula_cells == crate::settings::FormulaCells::Escape,
        "most_rows": MOST_ROWS,
        "reports": listed.collect::<Vec<_>>(),
        "figures": counted.collect::<Vec<_>>(),
    })
}

/// What a figure is called on the page: no report has such a name.
fn id_of(figure: &Figure) -> String {
    format!("page.{}", figure.model.name)
}

fn told(name: &str, header: &Header, rows: u64) -> Value {
    let grain = match &header.grain {
        Grain::Columns(names) => names.clone(),
        Grain::RowsOf(_) | Grain::None => Vec::new(),
    };
    let columns = header.columns.iter().map(|column| {
        let kind = match column.kind {
            SqlType::Text => "text",
            SqlType::Integer => "integer",
            SqlType::Boolean => "boolean",
            SqlType::Date => "date",
            SqlType::Timestamp => "timestamp",
            SqlType::Decimal => "decimal",
        };
        json!({ "name": column.name, "kind": kind, "unit": column.unit, "doc": column.doc })
    });
    json!({
        "name": name, "title": header.title, "grain": grain, "columns": columns.collect::<Vec<_>>(),
        "apart": header.apart, "period": header.period, "rows": rows,
    })
}

/// The rows of what is on the page as its CSVs have them, each in an element of its own, and behind them the sums of these texts.
fn write_rows(
    out: &mut impl Write,
    reports: &[Published<'_>],
    figures: &[Figure],
    settings: &Settings,
    path: &Path,
) -> Result<u64> {
    let failed = |source| Error::io("write", path, source);
    let (mut rows, mut sums) = (0, BTreeMap::new());
    for report in reports.iter().filter(|report| report.rows <= MOST_ROWS && report.header.is_some()) {
        begin(out, report.name).map_err(failed)?;
        let mut text = packed(&mut *out);
        rows += write_csv(&report.files, settings, &mut text, path)?;
        sums.insert(report.name, end(text).map_err(failed)?);
        out.write_all(b"</script>\n").map_err(failed)?;
    }
    for figure in figures.iter().filter(|figure| figure.is_here) {
        begin(out, &id_of(figure)).map_err(failed)?;
        let mut text = packed(&mut *out);
        csv::write_header(&figure.schema, &mut text).map_err(failed)?;
        for batch in &figure.rows {
            csv::write_rows(batch, settings.formula_cells, &mut text)?.map_err(failed)?;
        }
        end(text).map_err(failed)?;
        out.write_all(b"</script>\n").map_err(failed)?;
    }
    let sums = serde_json::to_string(&sums).map_err(|error| Error::failed(error.to_string()))?;
    writeln!(out, "<script type=\"application/json\" id=\"sums\">{}</script>", harmless(&sums)).map_err(failed)?;
    Ok(rows)
}

/// Text on its way into the file: hashed, compressed, in letters.
type Packed<W> = Hashing<GzEncoder<EncoderWriter<'static, base64::engine::GeneralPurpose, W>>>;

fn packed<W: Write>(out: W) -> Packed<W> {
    // A third less than the fastest level makes, and not yet what a run waits for.
    let inner = GzEncoder::new(EncoderWriter::new(out, &STANDARD), Compression::new(3));
    Hashing { inner, hash: Sha256::new(), bytes: 0 }
}

fn begin(out: &mut impl Write, name: &str) -> io::Result<()> {
    write!(out, "<script type=\"application/gzip\" id=\"rows-{name}\">")
}

/// Writes what is left of a text, and tells its sum.
fn end<W: Write>(text: Packed<W>) -> io::Result<String> {
    text.inner.finish()?.finish()?;
    Ok(hex(&text.hash.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_libraries_are_is_what_their_sums_say() {
        let sums = include_str!("../../page/vendor/SHA256SUMS");
        for (name, text) in [("libraries.min.js", SCRIPTS[0]), ("libraries.css", STYLES[0])] {
            assert!(sums.contains(&format!("{}  {name}\n", hex(&Sha256::digest(text)))), "{name}");
        }
    }

    #[test]
    fn no_part_of_the_page_ends_the_element_it_stands_in() {
        for text in SCRIPTS.iter().chain(&STYLES) {
            let text = text.to_lowercase();
            assert!(!text.contains("</script") && !text.contains("</style") && !text.contains("<!--"));
        }
        assert_eq!(harmless(r#"{"a":"</script><!--"}"#), r#"{"a":"\u003c/script>\u003c!--"}"#);
    }

    #[test]
    fn every_figure_has_a_contract_and_reads_what_is_published() {
        let models = Models::load(None, &[]).unwrap();
        for (name, sql) in FIGURES {
            let model = Model::over_published(name, sql).unwrap();
            for (schema, read) in &model.reads {
                let is_report = models.get(read).is_some_and(|report| report.layer == crate::model::Layer::Marts);
                assert!(schema.as_deref() == Some("etl") || schema.is_none() && is_report, "{name} reads {read}");
            }
        }
    }
}
