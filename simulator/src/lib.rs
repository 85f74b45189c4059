//! A stand-in for one Metronome account, for trying `etl` without a token and for holding it to numbers known beforehand.
//!
//! ```text
//! random, decimal, calendar      arithmetic: no billing
//!        price_list, account     what is sold, to whom
//!      event -> usage -> invoice what follows from it, exactly
//!             export, answers    the only writers: data-export files, and what reports must say about them
//! ```
//!
//! It shares no type with `etl`: made from the same catalog it would repeat the same mistakes. Everything follows from a
//! seed, there is no clock, and money and quantities are integers throughout.

pub mod account;
pub mod answers;
pub mod calendar;
pub mod decimal;
pub mod event;
pub mod export;
pub mod invoice;
pub mod price_list;
pub mod random;
pub mod usage;
