//! Holds `docs/tables.md` equal to the catalog; run with `UPDATE_DOCS=1` to write it.

use etl::catalog::{TABLES, document};

#[test]
fn docs_tables_md_says_what_the_catalog_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/tables.md");
    let made = document::markdown(TABLES);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "docs/tables.md is not what the catalog says; run with UPDATE_DOCS=1");
}
