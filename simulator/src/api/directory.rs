//! Ids to places: what a request names, found without walking the account.

use crate::account::Account;
use std::collections::HashMap;

/// Places of customers by id.
#[derive(Debug)]
pub struct Directory {
    customers: HashMap<u128, u32>,
}

impl Directory {
    /// Of an account.
    pub fn of(account: &Account) -> Self {
        let customers = account.customers.iter().enumerate();
        Self { customers: customers.filter_map(|(place, one)| Some((number(&one.id)?, place as u32))).collect() }
    }

    /// The place of a customer.
    pub fn customer(&self, id: &str) -> Option<usize> {
        self.customers.get(&number(id)?).map(|place| *place as usize)
    }
}

fn number(id: &str) -> Option<u128> {
    u128::from_str_radix(&id.replace('-', ""), 16).ok()
}
