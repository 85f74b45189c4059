//! The billing API in words and without a socket: a request in, an answer out, worked out from the account on demand.
//!
//! ```text
//! refusal, field                errors, and what a request may say
//!   endpoint, paging, ask       an endpoint as data; pages and cursors; a checked request
//!     customers, invoices, ...  one file for each part of the API
//! ```

pub mod ask;
pub mod directory;
pub mod endpoint;
pub mod field;
pub mod paging;
pub mod refusal;

mod balance_json;
mod balances;
mod contracts;
mod contracts_v1;
mod customers;
mod grants;
mod invoice_json;
mod invoices;
mod metrics;
mod plans;
mod products;
mod units;
mod watching;

pub use crate::json;
use endpoint::Endpoint;

/// Every endpoint. Where two paths match, the first is meant.
pub fn endpoints() -> Vec<Endpoint> {
    [
        customers::ENDPOINTS,
        invoices::ENDPOINTS,
        balances::ENDPOINTS,
        contracts::ENDPOINTS,
        contracts_v1::ENDPOINTS,
        products::ENDPOINTS,
        metrics::ENDPOINTS,
        units::ENDPOINTS,
        watching::ENDPOINTS,
        plans::ENDPOINTS,
        grants::ENDPOINTS,
    ]
    .concat()
}
