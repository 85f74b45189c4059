//! `etl rebuild`: says what came of making the lake anew.

use serde_json::json;

use super::print;
use crate::error::{Error, Result};
use crate::pipeline::rebuild::{Difference, Rebuilt, rebuild};
use crate::printer::counted;
use crate::settings::{OutputFormat, RebuildOrder, Settings};

/// Makes the lake anew and says so.
///
/// # Errors
/// Data (exit 3) where reports differ and that was not accepted; as [`rebuild`].
pub async fn run(settings: &Settings, order: &RebuildOrder) -> Result<()> {
    let Rebuilt { reports, differences, set_aside, lake } = rebuild(settings, order).await?;
    let text = match settings.output {
        OutputFormat::Json => {
            let differing: Vec<_> = differences
                .iter()
                .map(|found| json!({ "report": found.report, "rows_gone": found.gone, "rows_new": found.new }))
                .collect();
            format!(
                "{}\n",
                json!({ "reports": reports, "differences": differing, "set_aside": set_aside, "lake": lake })
            )
        }
        OutputFormat::Text => {
            let mut text: String = differences.iter().map(line).collect();
            let same = reports - differences.len() as u64;
            text += &format!("{same} of {} the same in both lakes\n", counted(reports, "report"));
            if let Some(aside) = &set_aside {
                text += &format!(
                    "{} is the new lake; the old one stands in {}, and may be removed\n",
                    lake.display(),
                    aside.display()
                );
            }
            text
        }
    };
    print(text.as_bytes())?;
    if set_aside.is_some() {
        return Ok(());
    }
    Err(Error::data(format!("{} of the new lake differ", counted(differences.len() as u64, "report"))).hint(format!(
        "the lake stays as it is; the new one stands in {} until the next rebuild. `etl rebuild --accept-differences` puts it in its place",
        lake.display()
    )))
}

fn line(found: &Difference) -> String {
    let Difference { report, gone, new } = found;
    match (gone, new) {
        (Some(gone), Some(new)) => {
            format!("differs: {report}: {} gone, {} new\n", counted(*gone, "row"), counted(*new, "row"))
        }
        _ => format!("differs: {report}: cannot be compared, as the old one is damaged or has other columns\n"),
    }
}
