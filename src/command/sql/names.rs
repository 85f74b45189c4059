//! What can be asked by name, and what was meant by a name that is none.

use crate::catalog;
use crate::catalog::runs::RUN_TABLES;
use crate::catalog::settings::SETTING_TABLES;
use crate::engine::CURRENT;
use crate::error::Error;
use crate::model::{Layer, Models};
use crate::suggest::{nearest, one_of};

/// A table, report or model that is not there, as the engine names it: `lake.egress.invoce`.
pub fn no_table(named: &str, models: &Models) -> Error {
    // Bare names are those of reports and models.
    let typed = named.strip_prefix("lake.").unwrap_or(named);
    let typed = typed.strip_prefix("reports.").unwrap_or(typed);
    let meant: Vec<_> = meant(typed, &known(models)).iter().map(|name| format!("`{name}`")).collect();
    Error::usage(format!("there is no table or model `{typed}`")).hint(match meant.is_empty() {
        true => "`etl sql -c 'show tables'` lists what can be asked".to_owned(),
        false => format!("did you mean {}?", one_of(meant.iter().map(String::as_str))),
    })
}

/// Everything that can be asked, as it is written in a query.
fn known(models: &Models) -> Vec<String> {
    let models = models.iter().filter(|model| model.layer != Layer::Checks).map(|model| model.name.clone());
    let current = catalog::TABLES.iter().filter(|table| table.origin.schema() == "egress");
    let own = RUN_TABLES.iter().chain(SETTING_TABLES).map(|table| table.name.to_owned());
    models
        .chain(current.map(|table| format!("{CURRENT}.{}", table.name)))
        .chain(catalog::TABLES.iter().map(|table| table.qualified_name()))
        .chain(own)
        .collect()
}

/// The name without its schema.
fn bare(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, bare)| bare)
}

/// What was meant: the same name in another schema, else the nearest, else every table of the nearest name.
fn meant<'a>(typed: &str, known: &'a [String]) -> Vec<&'a str> {
    let of_name = |name: &str| known.iter().map(String::as_str).filter(|known| bare(known) == name).collect::<Vec<_>>();
    let has_schema = |schema: &str| known.iter().any(|known| known.starts_with(&format!("{schema}.")));
    // A schema that is none is a slip of its own: `egres.invoice`.
    if typed.split_once('.').is_none_or(|(schema, _)| has_schema(schema)) {
        let same = of_name(bare(typed));
        if !same.is_empty() {
            return same;
        }
    }
    let is_like = |known: &&str| known.contains('.') == typed.contains('.');
    if let Some(near) = nearest(typed, known.iter().map(String::as_str).filter(is_like)) {
        return vec![near];
    }
    nearest(bare(typed), known.iter().map(|known| bare(known))).map_or(Vec::new(), of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant_by(typed: &str) -> Vec<String> {
        let known = known(&Models::load(None, &[]).unwrap());
        meant(typed, &known).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn a_slip_in_schema_or_name_finds_what_was_meant() {
        assert_eq!(meant_by("billing_by_plan"), ["billings_by_plan"]);
        assert_eq!(meant_by("stg_egres__customers"), ["stg_egress__customers"]);
        assert_eq!(meant_by("egress.invoce"), ["egress.invoice"]);
        assert_eq!(meant_by("egres.invoice"), ["egress.invoice"]);
        assert_eq!(meant_by("api.balance"), ["api.balances"]);
        assert_eq!(meant_by("etl.run"), ["etl.runs"]);
        assert_eq!(meant_by("Egress.invoice"), ["egress.invoice"]);
    }

    #[test]
    fn a_name_without_its_schema_or_with_another_finds_every_table_of_that_name() {
        assert_eq!(meant_by("invoice"), ["current.invoice", "egress.invoice"]);
        assert_eq!(meant_by("invoices"), ["invoices", "api.invoices"]);
        assert_eq!(meant_by("egress.balances"), ["api.balances"]);
        assert_eq!(meant_by("quarantene"), ["etl.quarantine"]);
    }

    #[test]
    fn a_name_like_no_other_finds_nothing() {
        assert_eq!(meant_by("xyzzy_xyzzy"), Vec::<String>::new());
    }
}
