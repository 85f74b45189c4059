//! The real binary on small files, one module for each thing it promises. One test binary: each further one would link
//! DataFusion again.

#![expect(clippy::unwrap_used, reason = "a test that cannot read what it made has failed")]

mod account;
mod api_answers;
mod api_check;
mod api_faults;
mod api_resume;
mod api_run;
mod api_token;
mod architecture;
mod artifacts;
mod books;
mod canned;
mod check;
mod cli;
mod close;
mod closings;
mod compact;
mod customer_summary;
mod damage;
mod diff;
mod dimensions;
mod discovery;
mod docs;
mod environments;
mod exit_codes;
mod explain;
mod finance;
mod histories;
mod init;
mod journal;
mod kept;
mod lake;
mod newest;
mod origin;
mod page;
mod parameters;
mod parquet_input;
mod places;
mod project;
mod project_sql;
mod quarantine;
mod reading;
mod readme;
mod rebuild;
mod reconciliation;
mod reports;
mod sample;
mod snapshots;
mod sql;
mod status;
mod transfers;
mod unknown;
