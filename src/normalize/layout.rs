//! Where a table's columns are in a file, and whether the file is of that table at all.
//!
//! Columns go by name, in any order; blanks around a name and the case of its letters are no difference. A file whose columns
//! are another table's, or hardly this one's, is refused: its name may be a mistake, and its rows would be wrong figures.

use std::collections::BTreeSet;

use crate::catalog::{Origin, TABLES, Table};
use crate::error::{Error, Result};
use crate::printer::counted;

/// Columns that every export has had in one version or another: a file without any of them may be of another product.
const OF_EVERY_EXPORT: [&str; 3] = ["environment_type", "updated_at", "_metronome_metadata_id"];

/// Where a table's columns are in a file.
#[derive(Debug, Default)]
pub struct Layout {
    /// For each column of the table, its position in the file.
    pub columns: Vec<Option<usize>>,
    /// Position and name of each column that the table does not have.
    pub extra: Vec<(usize, String)>,
    /// Positions of columns without a name, which must hold nothing; but for the first, where programs write the numbers of rows.
    pub unnamed: Vec<usize>,
    /// How many columns the file has.
    pub width: usize,
}

impl Layout {
    /// The layout of a file of `table` with these columns.
    ///
    /// # Errors
    /// Data (exit 3) when a column stands twice, the key is missing, a column seems to be misspelt, or the file is not of this
    /// table.
    pub fn of(table: &Table, header: &[String]) -> Result<Self> {
        let header: Vec<&str> = header.iter().map(|name| name.trim()).collect();
        let mut seen = BTreeSet::new();
        if let Some(twice) = header.iter().find(|name| !name.is_empty() && !seen.insert(**name)) {
            return Err(Error::data(format!("the column `{twice}` stands twice in the header")));
        }
        let columns = table.columns.iter().map(|column| place_of(column.name, &header)).collect::<Result<Vec<_>>>()?;
        let (unnamed, named): (Vec<_>, Vec<_>) = (0..header.len()).partition(|place| header[*place].is_empty());
        let unknown = named.into_iter().filter(|place| !columns.contains(&Some(*place)));
        let extra = unknown.map(|place| (place, header[place].to_owned())).collect();
        let unnamed = unnamed.into_iter().filter(|place| *place > 0).collect();
        let layout = Self { columns, extra, unnamed, width: header.len() };
        layout.require_no_near_miss(table)?;
        let missing = |key: &&&str| {
            table.columns.iter().zip(&layout.columns).any(|(column, place)| column.name == **key && place.is_none())
        };
        layout.require_of(table, &header)?;
        if let Some(key) = table.key.iter().find(missing) {
            return Err(Error::data(format!("the key column `{key}` of {} is missing", table.qualified_name()))
                .hint(format!("its columns are: {}", header.join(", "))));
        }
        Ok(layout)
    }

    /// A column that is missing while another is called nearly the same was meant by it.
    fn require_no_near_miss(&self, table: &Table) -> Result<()> {
        for (column, place) in table.columns.iter().zip(&self.columns) {
            let near = self.extra.iter().find(|(_, name)| place.is_none() && is_near(column.name, name));
            if let Some((_, name)) = near {
                return Err(Error::data(format!(
                    "the column `{}` of {} is missing, but there is `{name}`",
                    column.name,
                    table.qualified_name()
                ))
                .hint(format!("call the column `{}`, or leave it out", column.name)));
            }
        }
        Ok(())
    }

    /// Whether the columns are those of the table that the file's name says.
    fn require_of(&self, table: &Table, header: &[&str]) -> Result<()> {
        // What loaders add to every table says nothing of which one it is.
        let is_named = |(_, name): &&(usize, String)| !name.starts_with('_');
        let unknown = self.extra.iter().filter(is_named).count();
        let known = self.columns.iter().flatten().count();
        if unknown == 0 {
            return Ok(());
        }
        let names = table.qualified_name();
        let fits_better = |other: &&&Table| {
            let of_other = other.columns.iter().filter(|column| header.iter().any(|name| is_same(column.name, name)));
            matches!(other.origin, Origin::Egress) && other.name != table.name && of_other.count() > known
        };
        if let Some(other) = TABLES.iter().find(fits_better) {
            return Err(Error::data(format!("its columns are those of {} and not of {names}", other.qualified_name()))
                .hint(format!(
                    "if it is of that table, call the file `{}`; unknown here: {}",
                    other.name,
                    self.unknown_names()
                )));
        }
        let is_export = header.iter().any(|name| OF_EVERY_EXPORT.iter().any(|of_all| is_same(of_all, name)));
        let is_other = if is_export { unknown > known } else { 2 * unknown >= known };
        if is_other {
            let verb = if known == 1 { "is" } else { "are" };
            let columns = counted(header.len() as u64, "column");
            return Err(Error::data(format!("only {known} of its {columns} {verb} of {names}")).hint(format!(
                "is it an export of another product? unknown here: {}; take it out of landing, or give it the name of its table",
                self.unknown_names()
            )));
        }
        Ok(())
    }

    fn unknown_names(&self) -> String {
        self.extra.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// The position of a column: the one of this name, else the only one that is this name but for the case of letters.
fn place_of(name: &str, header: &[&str]) -> Result<Option<usize>> {
    if let Some(place) = header.iter().position(|found| *found == name) {
        return Ok(Some(place));
    }
    let mut places = (0..header.len()).filter(|place| is_same(name, header[*place]));
    match (places.next(), places.next()) {
        (Some(first), Some(second)) => Err(Error::data(format!(
            "the columns `{}` and `{}` are both `{name}`, which are told apart by capitals alone",
            header[first], header[second]
        ))),
        (first, _) => Ok(first),
    }
}

fn is_same(name: &str, found: &str) -> bool {
    name.eq_ignore_ascii_case(found)
}

/// Whether a column that is not known may be meant for a known one: the same letters and digits, or all but one of them.
fn is_near(name: &str, found: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (name, found) = (letters(name), letters(found));
    name == found || (name.len() > 4 && strsim::damerau_levenshtein(&name, &found) == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::table;

    fn layout(name: &str, header: &str) -> Result<Layout> {
        let header: Vec<String> = header.split(',').map(str::to_owned).collect();
        Layout::of(table("egress", name).expect("a table"), &header)
    }

    fn refusal(name: &str, header: &str) -> String {
        layout(name, header).expect_err(header).to_string()
    }

    #[test]
    fn columns_go_by_name_whatever_their_order_case_and_blanks() {
        let found = layout("customer", "NAME, Id ,updated_at,_fivetran_synced").expect("fits");
        assert_eq!(found.columns.iter().flatten().copied().collect::<Vec<_>>(), [1, 0, 2]);
        assert_eq!(found.extra, [(3, "_fivetran_synced".to_owned())]);
    }

    #[test]
    fn two_columns_that_differ_by_capitals_alone_are_one_only_where_the_exact_name_is_there() {
        assert_eq!(layout("customer", "ID,id,name,updated_at").expect("fits").columns[0], Some(1));
        assert!(refusal("customer", "ID,Id,name").contains("told apart by capitals alone"));
    }

    #[test]
    fn a_column_that_is_nearly_one_of_the_table_is_named_as_such() {
        for (header, near) in [
            ("id,status,total,customerId,updated_at", "customerId"),
            ("id,status,totals,customer_id,updated_at", "totals"),
            ("id,status,total,Customer-ID,updated_at", "Customer-ID"),
            ("Id,status,total,custmer_id,updated_at", "custmer_id"),
        ] {
            let refusal = refusal("invoice", header);
            assert!(refusal.contains(&format!("is missing, but there is `{near}`")), "{refusal}");
        }
        assert!(layout("invoice", "id,status,total,created_by,updated_at").is_ok());
    }

    #[test]
    fn a_file_with_the_columns_of_another_table_or_product_is_refused() {
        let draft =
            "_metronome_metadata_id,id,environment_type,snapshot_time,status,total,customer_id,billable_status,label";
        assert!(refusal("invoice", draft).contains("those of egress.draft_invoice and not of egress.invoice"));
        for header in ["id,name,email,phone", "id,name,created_at,email,phone", "id,updated_at,email,phone,city"] {
            assert!(refusal("customer", header).contains("columns are of egress.customer"), "{header}");
        }
        for header in ["id,name", "id,status,total,colour", "id,name,updated_at,email,phone"] {
            assert!(layout(if header.contains("total") { "invoice" } else { "customer" }, header).is_ok(), "{header}");
        }
    }

    #[test]
    fn a_missing_key_is_named_with_the_columns_that_are_there() {
        let error = layout("customer", "name,updated_at").expect_err("no key");
        assert_eq!(error.to_string(), "the key column `id` of egress.customer is missing");
        assert_eq!(error.hint_text(), Some("its columns are: name, updated_at"));
    }
}
