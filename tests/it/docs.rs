//! Holds `docs/tables.md` equal to the catalog and `docs/reports.md` to the SQL files; run with `UPDATE_DOCS=1` to write them.

use etl::catalog::{self, TABLES};
use etl::model::{self, Models};

fn holds(name: &str, made: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "docs/{name} is not what the sources say; run with UPDATE_DOCS=1");
}

#[test]
fn docs_tables_md_says_what_the_catalog_says() {
    holds("tables.md", &catalog::document::markdown(TABLES));
}

#[test]
fn docs_reports_md_says_what_the_sql_files_say() {
    holds("reports.md", &model::document::markdown(&Models::load(None, &[]).unwrap()));
}
