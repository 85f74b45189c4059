//! Places: a folder of this machine, or a prefix of a bucket at an object store.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::error::{Error, Result};
use crate::fingerprint;
use crate::settings::api::is_loopback;
use crate::settings::file::File;
use crate::settings::given::Given;
use crate::settings::local::require_local;
use crate::settings::{duration, memory, number};

/// Where export files are delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryPlace {
    /// In the landing folder, or in `egress` in it.
    Folder(PathBuf),
    /// At an object store.
    Store(Box<StorePlace>),
}

impl fmt::Display for DeliveryPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(formatter, "{}", folder.display()),
            Self::Store(store) => write!(formatter, "{}", store.url),
        }
    }
}

/// A place that is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The folder; of a store, the one of this machine that holds copies of what is read and written there.
    pub folder: PathBuf,
    /// The store; none where the folder is the place itself.
    pub store: Option<Box<StorePlace>>,
}

impl Place {
    /// The folder, or the URL.
    pub fn address(&self) -> PathBuf {
        match &self.store {
            Some(store) => store.url.as_str().into(),
            None => self.folder.clone(),
        }
    }

    /// What stands below it under a name.
    pub fn below(&self, name: &str) -> Self {
        let below = |store: &StorePlace| {
            let mut store = store.clone();
            store.url.set_path(&format!("{}/{name}", store.url.path().trim_end_matches('/')));
            Box::new(store)
        };
        Self { folder: self.folder.join(name), store: self.store.as_deref().map(below) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.address().display())
    }
}

/// A prefix of a bucket or container, and how it is reached. Credentials are none of it: they come as the store's own tools find
/// them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorePlace {
    /// `s3://bucket/prefix`, `gs://bucket/prefix`, `az://container/prefix` or `abfss://container@account…/prefix`, without a slash at
    /// its end.
    pub url: Url,
    /// Which kind of store.
    pub kind: StoreKind,
    /// The address of a store other than the vendor's own.
    pub endpoint: Option<Url>,
    /// The region of the bucket.
    pub region: Option<String>,
    /// Whether the bucket's name stands in the host and not in the path.
    pub is_virtual_hosted: bool,
    /// Requests under way at once, 1 or more.
    pub requests: usize,
    /// How long a request is tried again that the store refuses for now, or does not answer.
    pub retry_for: Duration,
    /// Certificates of an authority of one's own, in PEM.
    pub ca_file: Option<PathBuf>,
    /// The proxy that requests go through.
    pub proxy: Option<Url>,
    /// The folder of this machine for copies of what is read from stores and written to them.
    pub cache: PathBuf,
    /// How many bytes of copies of a lake's files are kept, as far as they are not in use.
    pub cache_bytes: u64,
    /// How long the right to write to a lake is held without being renewed.
    pub lease: Duration,
}

impl StorePlace {
    /// Where copies of this place are: a folder of its own.
    pub fn copies(&self) -> PathBuf {
        let endpoint = self.endpoint.as_ref().map_or("", Url::as_str);
        let of = format!("{endpoint} {}", self.url);
        // Reading bytes in memory does not fail.
        let hash = fingerprint::of_reader(of.as_bytes()).unwrap_or_default();
        let bucket = self.url.host_str().unwrap_or_default();
        self.cache.join(format!("{}-{bucket}-{hash:.12}", self.url.scheme()))
    }
}

/// Kinds of object stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// Amazon S3 and what speaks its protocol.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage and Data Lake.
    Azure,
}

/// Requests under way at once where nothing is said.
const REQUESTS: usize = 64;

/// Bytes of copies of a lake's files where nothing is said.
const CACHE: usize = 16 << 30;

/// Three times in it the lease is renewed, and each time may take a while.
const SHORTEST_LEASE: Duration = Duration::from_secs(3);

/// So long a run that was killed stands in the way of the next.
const LONGEST_LEASE: Duration = Duration::from_hours(1);

/// How long the right to write is held where nothing is said.
const LEASE: Duration = Duration::from_mins(1);

/// How long requests are tried again where nothing is said: credentials are not renewed meanwhile.
const RETRY_FOR: Duration = Duration::from_mins(3);

const SCHEMES: [(&str, StoreKind); 7] = [
    ("s3", StoreKind::S3),
    ("s3a", StoreKind::S3),
    ("gs", StoreKind::Gcs),
    ("az", StoreKind::Azure),
    ("azure", StoreKind::Azure),
    ("abfs", StoreKind::Azure),
    ("abfss", StoreKind::Azure),
];

/// The place that a URL names, with what `[store]` says; none where it is a path of this machine. `what` it is the place of, for
/// messages; paths count from `folder`, and copies are kept in `cache` in it where nothing else is said.
///
/// # Errors
/// Usage, for a URL that names no bucket or says too much, and for settings of `[store]` that cannot be.
pub(crate) fn resolve(given: &Given<PathBuf>, file: &File, folder: &Path, what: &str) -> Result<Option<StorePlace>> {
    let text = given.value.to_string_lossy();
    let Some((scheme, _)) = text.split_once("://") else { return Ok(None) };
    let Some((_, kind)) = SCHEMES.iter().find(|(known, _)| scheme.eq_ignore_ascii_case(known)) else {
        return require_local(&given.value, &given.by, what, "folder").map(|()| None);
    };
    let refuse = |expected: &str| given.by.refuse(&text, expected);
    let expected = format!("a URL such as `{scheme}://bucket/prefix`");
    let mut url = Url::parse(&text).map_err(|_| refuse(&expected))?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(refuse(&expected));
    }
    if url.password().is_some() || (!url.username().is_empty() && *kind != StoreKind::Azure) {
        return Err(Error::usage(format!("{} holds a user or a password", given.by)).hint(
            "credentials come as the store's own tools find them, such as from AWS_ACCESS_KEY_ID; see docs/sources.md",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Error::usage(format!("{} has a `?` or `#` in it, expected {expected}", given.by)));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    let address = |key: &str, what: &str| -> Result<Option<Url>> {
        let Some(given) = file.value(key) else { return Ok(None) };
        let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
        let url = Url::parse(&given.value).ok().filter(is_web);
        url.map(Some).ok_or_else(|| given.by.refuse(&given.value, what))
    };
    let endpoint = address("store.endpoint", "an address such as `https://minio.example.com:9000`")?;
    if let (Some(url), Some(given)) = (&endpoint, file.value("store.endpoint"))
        && url.scheme() == "http"
        && !is_loopback(url)
    {
        return Err(given.by.refuse(&given.value, "an address that begins with `https://`, or one of this machine"));
    }
    let style = file.value("store.addressing").map(|given| match given.value.as_str() {
        "path" => Ok(false),
        "virtual" => Ok(true),
        _ => Err(given.by.refuse(&given.value, "`path` or `virtual`")),
    });
    let ca_file = file.value("store.ca_file").map(|given| {
        require_local(Path::new(&given.value), &given.by, "the file of certificates", "file")?;
        let path = folder.join(&given.value);
        if path.is_file() { Ok(path) } else { Err(given.by.refuse(&given.value, "a file that exists")) }
    });
    let cache = match file.value("store.cache") {
        None => folder.join(".etl-cache"),
        Some(given) => {
            require_local(Path::new(&given.value), &given.by, "the folder of copies", "folder")?;
            folder.join(&given.value)
        }
    };
    let lease = file.value("store.lease").map(|given| match duration::parse(given)? {
        lease if (SHORTEST_LEASE..=LONGEST_LEASE).contains(&lease) => Ok(lease),
        _ => Err(given.by.refuse(&given.value, "a time from 3s to 1h")),
    });
    Ok(Some(StorePlace {
        cache,
        cache_bytes: file.value("store.cache_size").map_or(Ok(CACHE), |given| memory::parse(given, 0))? as u64,
        lease: lease.transpose()?.unwrap_or(LEASE),
        url,
        kind: *kind,
        endpoint,
        region: file.value("store.region").map(|given| given.value.clone()),
        is_virtual_hosted: style.transpose()?.unwrap_or(false),
        requests: number(file.value("store.requests"), 1..=1024, REQUESTS)?,
        retry_for: file.value("store.retry_for").map_or(Ok(RETRY_FOR), duration::parse)?,
        ca_file: ca_file.transpose()?,
        proxy: address("store.proxy", "an address such as `http://proxy.example.com:3128`")?,
    }))
}
