//! `[dimensions]`: what other systems call a customer or contract, as columns of the reports that name one.
//!
//! `erp_customer_id = "customer.custom_fields.netsuite_id"` is a column `erp_customer_id` with what this custom field of the
//! customer says. Which reports there are, and what columns they have, is known to the models.

use crate::error::{Error, Result};
use crate::settings::file::File;
use crate::settings::given::{Given, GivenBy};
use crate::settings::parameters::is_name;
use crate::suggest::{nearest, one_of};

/// What a dimension is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The customer of a row.
    Customer,
    /// The contract of a row.
    Contract,
}

/// A field of customers or contracts, and whether its members are named behind it.
type Field = (&'static str, bool);

/// Who tells something, and the fields with it. `int_dimensions_told` knows how each is read.
const OWNERS: [(&str, Owner, &[Field]); 2] = [
    (
        "customer",
        Owner::Customer,
        &[
            ("salesforce_account_id", false),
            ("billing_provider_customer_id", false),
            ("ingest_aliases", false),
            ("custom_fields", true),
        ],
    ),
    (
        "contract",
        Owner::Contract,
        &[
            ("salesforce_opportunity_id", false),
            ("netsuite_sales_order_id", false),
            ("uniqueness_key", false),
            ("custom_fields", true),
            ("metadata", true),
        ],
    ),
];

/// A column of the reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The column's name.
    pub name: String,
    /// Where its text stands, as it was given: `customer.custom_fields.netsuite_id`.
    pub path: String,
    /// Whose text it is.
    pub owner: Owner,
    /// The field with it.
    pub field: &'static str,
    /// The member of the field's object; none where the field is the text itself.
    pub member: Option<String>,
    /// Who gave it.
    pub by: GivenBy,
}

impl Owner {
    /// `customer` or `contract`.
    pub fn word(self) -> &'static str {
        OWNERS.iter().find(|(_, owner, _)| *owner == self).map_or("", |(word, _, _)| word)
    }
}

pub(crate) fn resolve(file: &File) -> Result<Vec<Dimension>> {
    file.dimensions.iter().map(|(name, given)| dimension(name, given)).collect()
}

fn dimension(name: &str, given: &Given<String>) -> Result<Dimension> {
    if !is_name(name) {
        return Err(Error::usage(format!("{} is no name for a column", given.by))
            .hint("a name has lower-case letters, digits and `_`"));
    }
    let path = given.value.trim();
    let (owner, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some((_, of, fields)) = OWNERS.iter().find(|(word, _, _)| *word == owner) else {
        return Err(unknown(given, owner, "", OWNERS.iter().map(|(word, _, _)| (*word).to_owned())));
    };
    let (field, member) = rest.split_once('.').map_or((rest, None), |(field, member)| (field, Some(member)));
    let Some((field, has_members)) = fields.iter().find(|(known, _)| *known == field) else {
        return Err(unknown(given, field, &format!("{owner}."), fields.iter().map(shown)));
    };
    match (has_members, member) {
        (true, None | Some("")) => Err(given
            .by
            .refuse(path, &format!("a member of {owner}.{field}"))
            .hint(format!("the member's name follows: `{owner}.{field}.netsuite_id`"))),
        (false, Some(_)) => Err(given.by.refuse(path, &format!("{owner}.{field}, which has no members"))),
        _ => Ok(Dimension {
            name: name.to_owned(),
            path: path.to_owned(),
            owner: *of,
            field,
            member: member.map(str::to_owned),
            by: given.by.clone(),
        }),
    }
}

/// A field as it is to be written.
fn shown((name, has_members): &Field) -> String {
    if *has_members { format!("{name}.NAME") } else { (*name).to_owned() }
}

fn unknown(given: &Given<String>, typed: &str, before: &str, known: impl Iterator<Item = String>) -> Error {
    let known: Vec<_> = known.collect();
    let all = known.iter().map(|known| format!("{before}{known}")).collect::<Vec<_>>();
    let plain = known.iter().map(|known| known.trim_end_matches(".NAME"));
    let error = given.by.refuse(&given.value, &one_of(all.iter().map(String::as_str)));
    match nearest(typed, plain) {
        Some(meant) => error.hint(format!("did you mean `{before}{meant}`?")),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, path: &str) -> Result<Dimension> {
        let by = GivenBy::File { path: "pipeline.toml".into(), line: 2, key: format!("dimensions.{name}") };
        dimension(name, &Given::new(path.to_owned(), by))
    }

    #[test]
    fn a_path_names_an_owner_a_field_and_where_it_is_an_object_a_member() {
        let told = of("erp_customer_id", "customer.custom_fields.netsuite.id").expect("resolves");
        assert_eq!(
            (told.owner, told.field, told.member.as_deref()),
            (Owner::Customer, "custom_fields", Some("netsuite.id"))
        );
        let told = of("order", "contract.netsuite_sales_order_id").expect("resolves");
        assert_eq!((told.owner, told.field, told.member), (Owner::Contract, "netsuite_sales_order_id", None));
        assert_eq!(told.owner.word(), "contract");
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused_with_what_is_near() {
        let report = |path| of("x", path).expect_err(path).report();
        assert_eq!(
            report("custmer.salesforce_account_id"),
            "error: pipeline.toml:2: `dimensions.x` is `custmer.salesforce_account_id`, expected customer or contract\n\
             hint: did you mean `customer`?"
        );
        assert!(report("customer.custom_field.netsuite_id").ends_with("did you mean `customer.custom_fields`?"));
        assert!(report("customer").contains("expected customer.salesforce_account_id, "));
        assert!(report("customer.metadata.x").contains("customer.custom_fields.NAME"));
        assert!(report("contract.metadata").contains("expected a member of contract.metadata"));
        assert!(report("customer.salesforce_account_id.x").contains("which has no members"));
        assert!(
            of("ERP", "customer.ingest_aliases").expect_err("refused").report().contains("is no name for a column")
        );
    }
}
