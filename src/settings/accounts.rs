//! `[accounts]`: what the books call the accounts that journal entries are posted to.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::settings::file::File;
use crate::settings::refuse_unknown;

/// What each account is for, its name where the file gives none, and its type.
const ACCOUNTS: [(&str, &str, &str); 12] = [
    ("receivable", "Accounts receivable", "asset"),
    ("unbilled", "Unbilled receivable", "asset"),
    ("elsewhere", "Billed elsewhere", "asset"),
    ("deferred", "Deferred revenue", "liability"),
    ("revenue", "Usage revenue", "revenue"),
    ("overage", "Overage revenue", "revenue"),
    ("subscription", "Subscription revenue", "revenue"),
    ("scheduled", "Scheduled fee revenue", "revenue"),
    ("true_up", "True-up revenue", "revenue"),
    ("breakage", "Breakage revenue", "revenue"),
    ("credits", "Credits and discounts", "contra_revenue"),
    ("rounding", "Rounding differences", "expense"),
];

/// What is left of an entry's rounding is nobody's in particular.
const ROUNDING: &str = "rounding";

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What it is for.
    pub key: &'static str,
    /// How it is called in the books: a number, a name or both.
    pub name: String,
    /// `asset`, `liability`, `revenue`, `contra_revenue` or `expense`.
    pub kind: &'static str,
    /// Whose lines are posted to it, where not everybody's.
    pub of: Option<Of>,
}

/// A product or customer with an account of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Of {
    /// `product` or `customer`.
    pub owner: &'static str,
    /// Its name or id.
    pub name: String,
}

impl Account {
    /// The key in `[accounts]`: `revenue`, or `revenue of product Compute`.
    pub fn setting(&self) -> String {
        match &self.of {
            None => self.key.to_owned(),
            Some(Of { owner, name }) => format!("{} of {owner} {name}", self.key),
        }
    }
}

pub(crate) fn resolve(file: &File) -> Result<Vec<Account>> {
    let (own, common): (BTreeMap<_, _>, BTreeMap<_, _>) =
        file.accounts.clone().into_iter().partition(|(key, _)| owned(key).is_some());
    refuse_unknown(&common, "an account", &ACCOUNTS.map(|(key, _, _)| key))?;
    let account = |(key, name, kind): (&'static str, &str, &'static str)| {
        let given = common.get(key).map(|given| given.value.clone());
        Account { key, name: given.unwrap_or_else(|| name.to_owned()), kind, of: None }
    };
    let mut accounts: Vec<_> = ACCOUNTS.map(account).into();
    for (key, given) in own {
        let Some((short, of)) = owned(&key) else { continue };
        let known = ACCOUNTS.iter().find(|(key, _, _)| *key == short && short != ROUNDING);
        let Some((key, _, kind)) = known else {
            let keys = ACCOUNTS.iter().map(|(key, _, _)| *key).filter(|key| *key != ROUNDING);
            return Err(Error::usage(format!("{}: `{short}` is no account that a {} can have", given.by, of.owner))
                .hint(format!("those are {}", keys.collect::<Vec<_>>().join(", "))));
        };
        accounts.push(Account { key, name: given.value, kind, of: Some(of) });
    }
    Ok(accounts)
}

/// The account and whose it is, of a key such as `revenue of product Compute`.
fn owned(key: &str) -> Option<(&str, Of)> {
    let (account, rest) = key.split_once(" of ")?;
    let (owner, name) = rest.trim_start().split_once(' ')?;
    let owner = ["product", "customer"].into_iter().find(|known| *known == owner)?;
    Some((account.trim(), Of { owner, name: name.trim().to_owned() })).filter(|(_, of)| !of.name.is_empty())
}
