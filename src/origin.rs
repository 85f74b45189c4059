//! Whose data this is: the sample account's or a company's own, of which account, delivered into which folder. A lake
//! remembers it and takes no rows of another; artifacts and close packs say it and are not replaced by those of another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tracing::{info, warn};

use crate::catalog::runs::{FILES, ORIGINS};
use crate::error::{Error, Result};
use crate::extract::{Landed, account_name};
use crate::extractions::Extractions;
use crate::fingerprint;
use crate::place::lake::Lake;
use crate::place::landing::Landing;
use crate::place::records::{Row, cell, commit_rows, newest_rows, published_rows};
use crate::place::{real, relative};
use crate::run::Run;
use crate::settings::{BaseUrl, DeliveryPlace, SIMULATOR, Settings};
use crate::source::egress;

/// Whose data a run reads, or a lake holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataOrigin {
    /// Whether it was made up to try the pipeline.
    pub is_sample: bool,
    /// The account that was asked, by its address; none where no API was.
    pub account: Option<String>,
    /// Where export files are delivered: the folder as it is, or the URL of a store.
    pub landing: PathBuf,
}

/// The same as a manifest says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaidOrigin {
    /// `sample` or `own`.
    pub data: String,
    /// The account that was asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
    /// The landing folder, from the folder of the artifacts.
    pub landing: PathBuf,
}

/// A lake's origin, with the way from the lake to its landing folder: both may have been moved together.
struct Remembered {
    origin: DataOrigin,
    from_lake: PathBuf,
}

impl Remembered {
    fn of(row: &Row) -> Self {
        let of = |column: &str| cell(&ORIGINS, row, column).map(str::to_owned);
        let origin = DataOrigin {
            is_sample: of("data").as_deref() == Some(word(true)),
            account: of("account"),
            landing: of("landing").unwrap_or_default().into(),
        };
        Self { origin, from_lake: of("landing_from_lake").unwrap_or_default().into() }
    }
}

impl DataOrigin {
    /// Of what a run with these settings reads. The stand-in for the API answers for the sample account alone.
    ///
    /// # Errors
    /// Usage (exit 2) where sample data and a company's own would meet.
    pub fn of_run(settings: &Settings, landed: &Landed) -> Result<Self> {
        let api = settings.api.as_ref();
        let is_simulator = api.is_some_and(|api| api.base_url == BaseUrl::Simulator);
        let landing = &settings.delivered;
        if is_simulator && settings.sample_notice.is_none() {
            return Err(Error::usage(
                "`base_url` is `simulator`, which answers for the sample account, and nothing says that the data is a sample",
            )
            .hint(
                "for an account of your own set `base_url = \"https://api.metronome.com\"` under [api] and the variable \
                 METRONOME_BEARER_TOKEN, or `source = [\"egress\"]` for export files alone; `etl demo DIR` makes the sample's \
                 project",
            ));
        }
        if is_simulator && landed.is_sample == Some(false) {
            return Err(Error::usage(format!(
                "`base_url` is `simulator`, which answers for the sample account, and the export files under {landing} are not \
                 the sample's"
            ))
            .hint(
                "leave the API out with `--source egress` or `source = [\"egress\"]`, or set `base_url = \
                 \"https://api.metronome.com\"` under [api]; and remove [sample]",
            ));
        }
        if let Some(api) = api.filter(|api| landed.is_sample == Some(true) && !api.base_url.is_local()) {
            return Err(Error::usage(format!(
                "the export files under {landing} are the sample account's, and the API is {}",
                api.base_url
            ))
            .hint("sample and own data never meet: `etl init DIR` makes a project for your own"));
        }
        let account = api.map(account_name);
        let is_sample = is_simulator || landed.is_sample == Some(true);
        if !is_sample && settings.sample_notice.is_some() && landed.is_sample == Some(false) {
            warn!(
                "the settings say [sample], but the files under {landing} are not the sample account's: they are taken for your own"
            );
        }
        Ok(Self { is_sample, account, landing: place_of(&settings.delivered) })
    }

    /// Of what a lake held at these published versions, or holds by now where they say nothing of it; none where it holds
    /// nothing.
    ///
    /// # Errors
    /// Damaged (exit 5) when it cannot be read.
    pub async fn of_lake(lake: &Lake, versions: &BTreeMap<String, u64>) -> Result<Option<Self>> {
        match published_rows(lake, &ORIGINS, versions).await?.pop() {
            Some(row) => Ok(Some(Remembered::of(&row).origin)),
            None => Ok(remembered(lake).await?.map(|remembered| remembered.origin)),
        }
    }

    /// What the lake will be of after a run that reads this: an account that is not asked this time is still its own.
    ///
    /// # Errors
    /// Usage (exit 2) where the lake holds data of another origin: a sample's beside a company's own, another account's, or
    /// files of another landing folder. Damaged (exit 5) when it cannot be read.
    pub async fn in_lake(self, lake: &Lake, settings: &Settings) -> Result<Self> {
        let Some(remembered) = remembered(lake).await? else {
            self.check_answers(&settings.landing)?;
            return Ok(self);
        };
        let Remembered { origin: known, from_lake } = remembered;
        let place = lake.address();
        let place = place.display();
        let kind = |is_sample: bool| if is_sample { "the sample account's" } else { "a company's own" };
        let own_folder =
            "give each its own folders with --lake, --artifacts and --closes; `etl init DIR` makes a project";
        if known.is_sample != self.is_sample {
            return Err(Error::usage(format!(
                "the data in the lake at {place} is {}, and what is to be read now is {}",
                kind(known.is_sample),
                kind(self.is_sample)
            ))
            .hint(format!("sample and own data never meet: {own_folder}")));
        }
        if let (Some(before), Some(now)) = (&known.account, &self.account)
            && before != now
        {
            return Err(Error::usage(format!(
                "the lake at {place} holds the account at {before}, and this run would ask {now}"
            ))
            .hint(format!(
                "rows of two accounts would replace each other: {own_folder}, with a landing folder of its own"
            )));
        }
        let is_there = known.landing.as_os_str().is_empty()
            || self.landing == known.landing
            || relative(&real(&lake.address()), &self.landing) == from_lake
            || has_files(lake, &self.landing).await?;
        if !is_there && !settings.is_landing_moved {
            return Err(Error::usage(format!(
                "the lake at {place} is of the files under {}, and this run would read {}",
                known.landing.display(),
                self.landing.display()
            ))
            .hint(format!(
                "if the folder was moved, say so once with `--moved-landing`; for other data, {own_folder}"
            )));
        }
        self.check_answers(&settings.landing)?;
        Ok(Self { account: self.account.or(known.account), ..self })
    }

    /// Answers of another account in landing would be read as this one's.
    fn check_answers(&self, landing: &Path) -> Result<()> {
        let Some(account) = &self.account else { return Ok(()) };
        let extractions = Landing::new(landing).extractions()?;
        match extractions.iter().find(|extraction| extraction.plan.base_url != *account) {
            None => Ok(()),
            Some(other) => Err(Error::usage(format!(
                "{} holds answers of the account at {}, and the API is {account}",
                other.folder.display(),
                other.plan.base_url
            ))
            .hint("give each account a lake and a landing folder of its own, with --lake and --landing")),
        }
    }

    /// Has the lake remember it, before it takes the first row.
    ///
    /// # Errors
    /// Failed when it cannot be written.
    pub async fn remember(&self, lake: &Lake, run: &Run) -> Result<()> {
        let text = |path: PathBuf| Some(path.to_string_lossy().into_owned());
        let row: Row = vec![
            Some(word(self.is_sample).to_owned()),
            self.account.clone(),
            text(self.landing.clone()),
            text(relative(&real(&lake.address()), &self.landing)),
            Some(run.started_at.clone()),
            Some(run.id.clone()),
        ];
        let said = |row: &Row| row[..4].to_vec();
        let rows = newest_rows(lake, &ORIGINS).await?;
        if rows.last().is_some_and(|last| said(last) == said(&row)) {
            return Ok(());
        }
        if let Some(last) = rows.last().filter(|last| last[2] != row[2]) {
            info!(
                "the landing folder is {} now, before {}",
                self.landing.display(),
                last[2].as_deref().unwrap_or_default()
            );
        }
        commit_rows(lake, &ORIGINS, vec![row], false, &run.id, run.started_at_millis).await.map(drop)
    }

    /// What is said of sample data at the beginning and the end of a run and in manifests; none where it is no sample.
    pub fn notice(&self, settings: &Settings) -> Option<String> {
        let said = settings.sample_notice.as_deref().unwrap_or("this is sample data, made up to try the pipeline");
        let simulated = match self.account.as_deref() {
            Some(SIMULATOR) => "; the API is the simulator, in this process",
            _ => "",
        };
        self.is_sample.then(|| format!("{said}{simulated}"))
    }

    /// The same as the manifest of a folder says it.
    pub fn said_in(&self, artifacts: &Path) -> SaidOrigin {
        SaidOrigin {
            data: word(self.is_sample).to_owned(),
            account: self.account.clone(),
            landing: relative(&real(artifacts), &self.landing),
        }
    }
}

fn word(is_sample: bool) -> &'static str {
    if is_sample { "sample" } else { "own" }
}

/// Where files are delivered, whichever of its two names was given: the files may be in `egress` in a folder.
fn place_of(delivered: &DeliveryPlace) -> PathBuf {
    let real = match delivered {
        DeliveryPlace::Folder(landing) => real(landing),
        DeliveryPlace::Store(store) => return store.url.as_str().trim_end_matches("/egress").into(),
    };
    match real.parent() {
        Some(parent) if real.file_name().is_some_and(|name| name == "egress") => parent.to_owned(),
        _ => real,
    }
}

async fn remembered(lake: &Lake) -> Result<Option<Remembered>> {
    // What no file was taken into is nobody's yet, whatever was tried.
    if lake.newest_version(FILES.name)?.is_none() {
        return Ok(None);
    }
    if let Some(row) = newest_rows(lake, &ORIGINS).await?.pop() {
        return Ok(Some(Remembered::of(&row)));
    }
    // A lake of a version that did not remember: its account is known where the API was asked.
    let account = Extractions::of_lake(lake).await?.base_url().map(str::to_owned);
    Ok(account.map(|account| Remembered {
        origin: DataOrigin { is_sample: account == SIMULATOR, account: Some(account), landing: PathBuf::new() },
        from_lake: PathBuf::new(),
    }))
}

/// Whether a landing folder holds every file that the lake has taken, to the byte: then it is the same folder, or a copy.
async fn has_files(lake: &Lake, landing: &Path) -> Result<bool> {
    let root = egress::root(landing);
    let files = newest_rows(lake, &FILES).await?;
    let is_there = |row: &Row| {
        let (Some(table), Some(path)) = (cell(&FILES, row, "table_name"), cell(&FILES, row, "path")) else {
            return false;
        };
        let path = if table.starts_with("api.") { landing.join(path) } else { root.join(path) };
        let size = std::fs::metadata(&path).map(|metadata| metadata.len().to_string());
        let has_size = size.is_ok_and(|size| cell(&FILES, row, "size_bytes") == Some(size.as_str()));
        let content = || std::fs::File::open(&path).and_then(fingerprint::of_reader);
        has_size && content().is_ok_and(|content| cell(&FILES, row, "fingerprint") == Some(content.as_str()))
    };
    Ok(!files.is_empty() && files.iter().all(is_there))
}
