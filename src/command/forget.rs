//! `etl forget`: says what was forgotten of a file in quarantine.

use serde_json::json;

use super::print;
use crate::error::Result;
use crate::pipeline::forget::{Forgotten, forget};
use crate::printer::counted;
use crate::settings::{OutputFormat, Settings};

/// Takes the file out of the quarantine and says so.
///
/// # Errors
/// As [`forget`].
pub async fn run(settings: &Settings, file: &str) -> Result<()> {
    let forgotten = forget(settings, file).await?;
    let Forgotten { run_id, tables, cells, was_taken, left } = &forgotten;
    let text = match settings.output {
        OutputFormat::Json => {
            let json = json!({
                "file": file, "tables": tables, "cells": cells, "was_taken": was_taken,
                "quarantined_cells": left, "run_id": run_id,
            });
            format!("{json}\n")
        }
        OutputFormat::Text if settings.verbosity < 0 => return Ok(()),
        OutputFormat::Text => {
            let tables = tables.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            let taken = if *was_taken { ", and it counts no more among the files taken" } else { "" };
            let left = match left {
                0 => "the quarantine is empty".to_owned(),
                left => {
                    format!("{} of other files {} left", counted(*left, "cell"), if *left == 1 { "is" } else { "are" })
                }
            };
            let cells = counted(*cells, "cell");
            format!("forgot {file}: {cells} of {tables} out of quarantine{taken}; {left}\nrun {run_id}\n")
        }
    };
    print(text.as_bytes())
}
