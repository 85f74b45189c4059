//! A stand-in for one Metronome account, for trying `etl` without a token and for holding it to numbers known beforehand.
//!
//! ```text
//! random, decimal, calendar, json  arithmetic and texts: no billing
//!   price_list, account, terms     what is sold, to whom, on what terms (`agreed`, and `sample` of the small account)
//!     event -> measured            what was used
//!       invoice, balance, grant    what is billed and what may be drawn on
//!         burn -> books            one customer's books as of a moment, exactly
//!           export, answers, api   what is said of them: data-export files, known reports, the billing API
//!             serve                the API over HTTP, with faults on script
//!
//! export -> cloudnet               another account, told by heart: four stories of commits and credits
//! export -> histories              accounts without end: commits and credits that live by chance, and what they come to
//! ```
//!
//! It shares no type with `etl`: made from the same catalog it would repeat the same mistakes. Everything follows from a
//! seed and a moment, and money and quantities are integers throughout.

pub mod account;
mod agreed;
pub mod answers;
pub mod api;
pub mod balance;
pub mod books;
mod burn;
pub mod calendar;
pub mod cloudnet;
pub mod decimal;
mod derived;
pub mod event;
pub mod export;
pub mod grant;
pub mod histories;
pub mod invoice;
pub mod json;
mod known_as;
pub mod measured;
pub mod price_list;
pub mod random;
pub mod sample;
pub mod serve;
pub mod terms;

pub use serve::{Options, Server, serve};
