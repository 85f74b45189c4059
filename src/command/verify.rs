//! `etl verify`: says what was read, and what of it is not as it was written.

use serde_json::json;

use super::print;
use crate::error::{Error, Result};
use crate::pipeline::verify::{Verified, verify};
use crate::printer::counted;
use crate::printer::summary::count;
use crate::settings::{OutputFormat, Settings, VerifyOrder};

/// Reads every file and says so.
///
/// # Errors
/// Damaged (exit 5) where one is not as it was written; as [`verify`].
pub async fn run(settings: &Settings, order: &VerifyOrder) -> Result<()> {
    let Verified { tables, files, bytes, damaged } = verify(settings, order).await?;
    let text = match settings.output {
        OutputFormat::Json => {
            format!("{}\n", json!({ "tables": tables, "files": files, "bytes": bytes, "damaged": damaged }))
        }
        OutputFormat::Text => {
            let mut text: String = damaged.iter().map(|what| format!("damaged: {what}\n")).collect();
            let of = format!("{} of {}, {} bytes", counted(files, "file"), counted(tables, "table"), count(bytes));
            text += &match damaged.len() as u64 {
                0 => format!("read {of}: each is as it was written\n"),
                broken => format!("read {of}: {} not as written\n", counted(broken, "finding")),
            };
            text
        }
    };
    print(text.as_bytes())?;
    match damaged.first() {
        None => Ok(()),
        Some(first) => Err(Error::damaged(format!("the lake {} is damaged: {first}", settings.lake)).hint(
            "restore what is named from a copy of the lake, or make a new lake from landing with `etl run --stage all`",
        )),
    }
}
