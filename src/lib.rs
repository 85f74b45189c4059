//! `etl` takes a company's Metronome billing data, keeps it as a Parquet lake and makes finance's reports of it.
//!
//! ```text
//!           catalog: tables as data                  sql/: queries as data
//!                  │                                         │
//!  egress ─ extract ─▶ landing/ ─ normalize ─▶ lake/ ─ transform ─▶ lake/marts/ ─── load ──▶ artifacts/
//!                     raw files               typed, newest per key    checked          CSV, all or nothing
//! ```
//!
//! Four moves between places, each reading the place before it only. `ARCHITECTURE.md` has the map of modules.

pub mod catalog;
pub mod cells;
pub mod cli;
pub mod closes;
pub mod command;
pub mod compare;
pub mod demo;
pub mod engine;
pub mod error;
pub mod explain;
pub mod extract;
pub mod extractions;
pub mod fingerprint;
pub mod freeze;
pub mod load;
pub mod logging;
pub mod make;
pub mod model;
pub mod normalize;
pub mod origin;
pub mod pipeline;
pub mod place;
pub mod printer;
pub mod receipt;
pub mod run;
pub mod setting_tables;
pub mod settings;
pub mod source;
pub mod suggest;
pub mod task;
pub mod threads;
pub mod transform;
pub mod value;
