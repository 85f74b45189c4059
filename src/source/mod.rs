//! Where data comes from, and the readers that every source shares.

pub mod csv;
pub mod egress;
