//! Where data comes from, and the readers that every source shares.

pub mod api;
pub mod csv;
pub mod delivery;
pub mod egress;
pub mod sample;
