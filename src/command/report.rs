//! `etl report`: the page of the published reports, as a file and in a browser.

use std::path::{Path, absolute};
use std::process::{Command, Stdio};

use serde_json::json;
use url::Url;

use super::print;
use crate::error::{Error, Result};
use crate::load;
use crate::place::lake::Lake;
use crate::printer::counted;
use crate::printer::summary::count;
use crate::run::{RunRecord, require_lake};
use crate::settings::{OutputFormat, ReportOrder, Settings};

/// What opens a file in whatever shows it on this desktop.
const OPENER: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Writes the page, says where it is, and opens it where that is asked for.
///
/// # Errors
/// Usage (exit 2) where no lake is or nothing was published; failed when it cannot be written, or no browser shows it: the file is there
/// all the same.
pub async fn run(settings: &Settings, order: &ReportOrder) -> Result<()> {
    let path = order.output_file.as_path();
    let lake = Lake::open(&settings.lake)?;
    require_lake(&lake)?;
    let published = RunRecord::newest(&lake).await?.filter(|record| !record.reports.is_empty());
    let published = published.ok_or_else(|| {
        Error::usage(format!("no report was published in {} yet", settings.lake)).hint("make them with `etl run`")
    })?;
    let page = load::write_page(&published, &lake, settings, path).await?;
    let text = match settings.output {
        OutputFormat::Json => {
            let json = json!({ "file": path, "rows": page.rows, "size_bytes": page.size_bytes, "sha256": page.sha256 });
            format!("{json}\n")
        }
        OutputFormat::Text if settings.verbosity < 0 => String::new(),
        OutputFormat::Text => {
            let rows = counted(page.rows, "row");
            format!("wrote {}: {rows}, {} bytes\n", path.display(), count(page.size_bytes))
        }
    };
    print(text.as_bytes())?;
    if order.is_opened { open(path) } else { Ok(()) }
}

fn open(path: &Path) -> Result<()> {
    let path = absolute(path).map_err(|source| Error::io("find", path, source))?;
    let address = Url::from_file_path(&path).map_or_else(|()| path.display().to_string(), |url| url.to_string());
    // What it has to say is not about the page.
    let opened =
        Command::new(OPENER).arg(&path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let reason = match opened {
        Ok(status) if status.success() => return Ok(()),
        Ok(_) => format!("{OPENER} found none that shows it"),
        Err(error) => format!("{OPENER} cannot be run: {error}"),
    };
    Err(Error::failed(format!("no browser was opened: {reason}"))
        .hint(format!("the page is written: open {address} in a browser, or copy the file to a machine that has one")))
}
