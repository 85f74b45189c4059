//! What other systems call customers and contracts: ids of a CRM and an ERP, which export files and the API tell alike.

use crate::account::Account;
use crate::json::Object;
use crate::terms::Contract;

impl Account {
    /// The customer's account in the CRM, where it is linked.
    pub fn salesforce_account(&self, place: usize) -> Option<String> {
        place.is_multiple_of(3).then(|| format!("0015500{place:08}AAC"))
    }

    /// A customer's custom fields: its id in the ERP, and for some what kind it is.
    pub fn customer_fields(&self, place: usize) -> Object {
        let segment = if place.is_multiple_of(4) { "enterprise" } else { "startup" };
        let netsuite = Object::new().set("netsuite_id", format!("CUS-{}", 10_001 + place));
        netsuite.some("segment", place.is_multiple_of(2).then_some(segment))
    }

    /// A contract's custom fields: the opportunity it was won with.
    pub fn contract_fields(&self, contract: &Contract) -> Object {
        let digits: String = contract.id.chars().filter(|letter| *letter != '-').take(12).collect();
        Object::new().set("opportunity", format!("006{}", digits.to_uppercase()))
    }
}
