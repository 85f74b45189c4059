//! The crate.

pub mod catalog;
