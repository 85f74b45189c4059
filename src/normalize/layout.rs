//! Where a table's columns are in a file, and whether the file is of that table at all.
//!
//! Columns go by name, in any order; blanks around a name and the case of its letters are no difference. What is not in the file
//! may stand in the name of a folder: writers that divide a table by a column leave it out (`environment_type=SANDBOX/`). A file
//! whose columns are another table's, or hardly this one's, is refused: its name may be a mistake, and its rows would be wrong
//! figures.

use std::collections::BTreeSet;

use crate::catalog::{Column, Kind, Origin, TABLES, Table};
use crate::error::{Error, Result};
use crate::printer::counted;
use crate::source::delivery::SourceFile;

/// Columns that every export has had in one version or another: a file without any of them may be of another product.
const OF_EVERY_EXPORT: [&str; 3] = ["environment_type", "updated_at", "_metronome_metadata_id"];

/// Where the values of a table's column are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the file, at this position.
    At(usize),
    /// In the name of a folder that the file lies in: the same for all rows, perhaps null.
    Folder(Option<String>),
    /// Nowhere.
    Missing,
}

/// Where a table's columns are in a file.
#[derive(Debug, Default)]
pub struct Layout {
    /// For each column of the table, where its values are.
    pub columns: Vec<Place>,
    /// Position and name of each column that the table does not have.
    pub extra: Vec<(usize, String)>,
    /// Positions of columns without a name, which must hold nothing; but for the first, where programs write the numbers of rows.
    pub unnamed: Vec<usize>,
    /// How many columns the file has.
    pub width: usize,
}

impl Layout {
    /// The layout of `file`, which is of `table`, with these columns.
    ///
    /// # Errors
    /// Data (exit 3) when a column stands twice, the key is missing, a column seems to be misspelt or taken apart, or the file is
    /// not of this table.
    pub fn of(table: &Table, header: &[String], file: &SourceFile) -> Result<Self> {
        let header: Vec<&str> = header.iter().map(|name| name.trim()).collect();
        let mut seen = BTreeSet::new();
        if let Some(twice) = header.iter().find(|name| !name.is_empty() && !seen.insert(**name)) {
            return Err(Error::data(format!("the column `{twice}` stands twice in the header")));
        }
        let folders = file.folders();
        let columns =
            table.columns.iter().map(|column| place_of(column.name, &header, &folders)).collect::<Result<Vec<_>>>()?;
        let (unnamed, named): (Vec<_>, Vec<_>) = (0..header.len()).partition(|place| header[*place].is_empty());
        let unknown = named.into_iter().filter(|place| !columns.contains(&Place::At(*place)));
        let extra = unknown.map(|place| (place, header[place].to_owned())).collect();
        let unnamed = unnamed.into_iter().filter(|place| *place > 0).collect();
        let layout = Self { columns, extra, unnamed, width: header.len() };
        layout.require_no_near_miss(table)?;
        let missing = |key: &&&str| layout.missing(table).any(|column| column.name == **key);
        layout.require_of(table, &header)?;
        if let Some(key) = table.key.iter().find(missing) {
            return Err(Error::data(format!("the key column `{key}` of {} is missing", table.qualified_name()))
                .hint(format!("its columns are: {}", header.join(", "))));
        }
        Ok(layout)
    }

    /// The columns of the table that are nowhere.
    fn missing<'a>(&'a self, table: &'a Table) -> impl Iterator<Item = &'a Column> {
        table.columns.iter().zip(&self.columns).filter(|(_, place)| **place == Place::Missing).map(|(column, _)| column)
    }

    /// A column that is missing while another is called nearly the same was meant by it; and one of JSON that is missing while its
    /// members are columns was taken apart.
    fn require_no_near_miss(&self, table: &Table) -> Result<()> {
        for column in self.missing(table) {
            let is_missing = |name: &str, hint: String| {
                let names = table.qualified_name();
                Err(Error::data(format!("the column `{}` of {names} is missing, but there is `{name}`", column.name))
                    .hint(hint))
            };
            if let Some((_, name)) = self.extra.iter().find(|(_, name)| is_near(column.name, name)) {
                return is_missing(name, format!("call the column `{}`, or leave it out", column.name));
            }
            if let (Kind::Json | Kind::Object, Some(name)) = (column.kind, self.member_of(column.name)) {
                return is_missing(name, format!("write `{}` as one column, of JSON", column.name));
            }
        }
        Ok(())
    }

    /// A column that seems to be a member of a column of JSON: `properties.size`, or one of several such as `properties_size`.
    fn member_of(&self, column: &str) -> Option<&str> {
        let members: Vec<_> = self
            .extra
            .iter()
            .filter_map(|(_, name)| {
                let begins = name.get(..column.len()).is_some_and(|start| is_same(column, start));
                let rest =
                    name.get(column.len()..).filter(|rest| begins && rest.starts_with(['.', '/', ':', '[', '_']))?;
                Some((name.as_str(), rest.starts_with('_') && !rest.starts_with("__")))
            })
            .collect();
        let (first, is_weak) = members.first()?;
        (!is_weak || members.len() > 1).then_some(*first)
    }

    /// Whether the columns are those of the table that the file's name says.
    fn require_of(&self, table: &Table, header: &[&str]) -> Result<()> {
        // What loaders add to every table says nothing of which one it is.
        let is_named = |(_, name): &&(usize, String)| !name.starts_with('_');
        let unknown = self.extra.iter().filter(is_named).count();
        let known = self.columns.iter().filter(|place| matches!(place, Place::At(_))).count();
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
        if known == 0 {
            return Err(Error::data(format!("none of its columns is one of {names}: is the header missing?"))
                .hint(format!("the first line has to name the columns; it has: {}", self.unknown_names())));
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

/// The place of a column: the one of this name in the file, else the only one that is this name but for the case of letters, else
/// a folder.
fn place_of(name: &str, header: &[&str], folders: &[(String, Option<String>)]) -> Result<Place> {
    if let Some(place) = header.iter().position(|found| *found == name) {
        return Ok(Place::At(place));
    }
    let mut places = (0..header.len()).filter(|place| is_same(name, header[*place]));
    match (places.next(), places.next()) {
        (Some(first), Some(second)) => Err(Error::data(format!(
            "the columns `{}` and `{}` are both `{name}`, which are told apart by capitals alone",
            header[first], header[second]
        ))),
        (Some(place), None) => Ok(Place::At(place)),
        (None, _) => {
            let folder = folders.iter().find(|(column, _)| is_same(name, column));
            Ok(folder.map_or(Place::Missing, |(_, value)| Place::Folder(value.clone())))
        }
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
        let file = SourceFile::named(format!("{name}.csv"));
        Layout::of(table("egress", name).expect("a table"), &header, &file)
    }

    fn refusal(name: &str, header: &str) -> String {
        layout(name, header).expect_err(header).to_string()
    }

    #[test]
    fn columns_go_by_name_whatever_their_order_case_and_blanks() {
        let found = layout("customer", "NAME, Id ,updated_at,_fivetran_synced").expect("fits");
        let places: Vec<_> = found.columns.iter().filter(|place| **place != Place::Missing).cloned().collect();
        assert_eq!(places, [Place::At(1), Place::At(0), Place::At(2)]);
        assert_eq!(found.extra, [(3, "_fivetran_synced".to_owned())]);
    }

    #[test]
    fn two_columns_that_differ_by_capitals_alone_are_one_only_where_the_exact_name_is_there() {
        assert_eq!(layout("customer", "ID,id,name,updated_at").expect("fits").columns[0], Place::At(1));
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
    fn a_column_of_json_that_was_taken_apart_is_named_as_such() {
        for header in
            ["properties.size", "properties__size", "properties[0]", "PROPERTIES/size", "properties_a,properties_b"]
        {
            let refusal = refusal("events", &format!("transaction_id,timestamp,event_type,customer_id,{header}"));
            assert!(refusal.starts_with("the column `properties` of egress.events is missing"), "{refusal}");
        }
        assert!(layout("events", "transaction_id,timestamp,event_type,customer_id,properties_version").is_ok());
        assert!(layout("events", "transaction_id,timestamp,event_type,properties,properties.size").is_ok());
    }

    #[test]
    fn a_column_that_the_file_lacks_may_be_a_folder() {
        let header = ["id".to_owned(), "name".to_owned(), "updated_at".to_owned()];
        let file = SourceFile::named("customer/NAME=x/environment_type=SAND%20BOX/dt=2024-03-02/part-0.csv".to_owned());
        let layout = Layout::of(table("egress", "customer").expect("a table"), &header, &file).expect("fits");
        assert_eq!(layout.columns[..3], [Place::At(0), Place::Folder(Some("SAND BOX".to_owned())), Place::At(1)]);
    }

    #[test]
    fn a_file_without_a_header_is_told_so() {
        let error = layout("customer", "c1,A1 Company,2024-03-01").expect_err("no header");
        assert!(error.to_string().ends_with("is the header missing?"), "{error}");
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
