//! `[accounts]`: what the books call the accounts that journal entries are posted to.

use crate::error::Result;
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

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What it is for.
    pub key: &'static str,
    /// How it is called in the books: a number, a name or both.
    pub name: String,
    /// `asset`, `liability`, `revenue`, `contra_revenue` or `expense`.
    pub kind: &'static str,
}

pub(crate) fn resolve(file: &File) -> Result<Vec<Account>> {
    refuse_unknown(&file.accounts, "an account", &ACCOUNTS.map(|(key, _, _)| key))?;
    let account = |(key, name, kind): (&'static str, &str, &'static str)| {
        let given = file.accounts.get(key).map(|given| given.value.clone());
        Account { key, name: given.unwrap_or_else(|| name.to_owned()), kind }
    };
    Ok(ACCOUNTS.map(account).into())
}
