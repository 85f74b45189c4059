//! Object stores, of which nothing else knows: what lies below a prefix, and objects read as a stream or by ranges.
//!
//! Everything here may be called from async code and from threads of our own alike, and waits.

mod bucket;
mod credentials;
mod object;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::limit::LimitStore;
use object_store::path::Path;
use object_store::{BackoffConfig, Certificate, ClientOptions, ObjectMeta, ObjectStore, RetryConfig};
use tokio::runtime::Handle;
use url::Url;

use crate::error::{Error, Result};
use crate::settings::{StoreKind, StorePlace};

pub use bucket::{Entry, Mark};
use object::CHUNK;
pub use object::{Object, Stream};

/// A prefix of a bucket, opened. Nothing is asked of it before something is wanted.
#[derive(Clone)]
pub struct Store {
    pub(in crate::place) objects: Arc<dyn ObjectStore>,
    url: Url,
    prefix: Path,
    runtime: Handle,
}

/// Folders listed at once.
const LISTINGS: usize = 16;

/// Folders that are listed each by itself. Where there are more, what holds them is listed: a request for every folder of one
/// object would take longer than pages of a thousand objects, one after the other.
const FOLDERS: usize = 512;

impl Store {
    /// Of this place.
    ///
    /// # Errors
    /// Usage (exit 2) when the place or its credentials are not as they must be.
    pub fn open(place: &StorePlace) -> Result<Self> {
        let wrong = |error: object_store::Error| {
            Error::usage(format!("{}: {error}", place.url))
                .hint("docs/sources.md, \"Export files in a bucket\", says which variables hold credentials")
        };
        let retries = RetryConfig {
            backoff: BackoffConfig { init_backoff: Duration::from_millis(200), ..BackoffConfig::default() },
            max_retries: usize::MAX,
            retry_timeout: place.retry_for,
        };
        let options = client(place)?;
        let url = place.url.to_string();
        let endpoint = place.endpoint.as_ref().map(|endpoint| endpoint.as_str().trim_end_matches('/'));
        let objects = match place.kind {
            StoreKind::S3 => {
                let mut builder = AmazonS3Builder::from_env().with_url(url);
                for (key, value) in credentials::of_profile()? {
                    builder = builder.with_config(key, value);
                }
                if let Some(region) = &place.region {
                    builder = builder.with_region(region);
                }
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint);
                }
                if place.is_virtual_hosted {
                    builder = builder.with_virtual_hosted_style_request(true);
                }
                limited(builder.with_retry(retries).with_client_options(options).build(), place)
            }
            StoreKind::Gcs => {
                let mut builder = GoogleCloudStorageBuilder::from_env().with_url(url);
                if let Some(endpoint) = endpoint {
                    builder = builder.with_config(GoogleConfigKey::BaseUrl, endpoint);
                }
                limited(builder.with_retry(retries).with_client_options(options).build(), place)
            }
            StoreKind::Azure => {
                let mut builder = MicrosoftAzureBuilder::from_env().with_url(url);
                if let Some(endpoint) = endpoint {
                    builder = builder.with_endpoint(endpoint.to_owned());
                }
                limited(builder.with_retry(retries).with_client_options(options).build(), place)
            }
        }
        .map_err(wrong)?;
        let prefix = Path::from_url_path(place.url.path())
            .map_err(|error| Error::usage(format!("{}: the prefix cannot be one: {error}", place.url)))?;
        let runtime = Handle::try_current().map_err(|error| Error::failed(format!("no runtime: {error}")))?;
        Ok(Self { objects, url: place.url.clone(), prefix, runtime })
    }

    /// All objects below the prefix, by their names from there on, in their order.
    ///
    /// # Errors
    /// Auth (exit 4) where it may not be listed, temporary (75) where the store does not answer, usage (2) where the bucket is not
    /// there.
    pub fn list(&self) -> Result<Vec<(String, Object)>> {
        let found = self.wait(self.list_all()).map_err(|error| self.failed("list", self.url.as_str(), &error))?;
        let store = Arc::new(self.clone());
        let mut named: Vec<_> = found
            .into_iter()
            .filter_map(|meta| {
                let name = self.name_of(&meta.location)?;
                Some((name.clone(), Object::new(store.clone(), name, meta)))
            })
            .filter(|(name, _)| !name.is_empty())
            .collect();
        named.sort_by(|left, right| left.0.cmp(&right.0));
        Ok(named)
    }

    /// A name from the prefix on; none of what is not below it.
    fn name_of(&self, path: &Path) -> Option<String> {
        let name = path.prefix_match(&self.prefix)?;
        Some(name.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
    }

    /// Folders are listed at once: a page of a listing must be waited for before the next one is asked for.
    async fn list_all(&self) -> object_store::Result<Vec<ObjectMeta>> {
        let (mut found, mut folders) = (Vec::new(), vec![self.prefix.clone()]);
        // `egress/` alone may stand between the prefix and the tables.
        for _ in 0..2 {
            let [folder] = &folders[..] else { break };
            let level = self.objects.list_with_delimiter(Some(folder)).await?;
            if level.common_prefixes.len() > FOLDERS {
                break;
            }
            found.extend(level.objects);
            folders = level.common_prefixes;
        }
        let below = futures::stream::iter(folders)
            .map(async |folder| self.objects.list(Some(&folder)).try_collect::<Vec<_>>().await)
            .buffer_unordered(LISTINGS);
        found.extend(below.try_collect::<Vec<_>>().await?.into_iter().flatten());
        Ok(found)
    }

    /// Waits, wherever this is called.
    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        tokio::task::block_in_place(|| self.runtime.block_on(future))
    }

    fn failed(&self, verb: &str, what: &str, error: &object_store::Error) -> Error {
        use object_store::Error as Of;
        let said = said(error);
        let message = format!("cannot {verb} {what}: {said}");
        // Where nothing gives credentials, the machine's own role is asked for.
        if ["169.254.169.254", "metadata.google.internal", "fd00:ec2::254"].iter().any(|sign| said.contains(sign)) {
            return Error::auth(format!(
                "no credentials for {}, and this machine has no role of its own: {said}",
                self.url
            ))
            .hint("set the store's own variables, such as AWS_ACCESS_KEY_ID; docs/sources.md, \"Export files in a bucket\"");
        }
        let is_gone = ["NoSuchBucket", "ContainerNotFound", "404 Not Found"].iter().any(|sign| said.contains(sign));
        match error {
            Of::PermissionDenied { .. } | Of::Unauthenticated { .. } => Error::auth(message).hint(
                "the credentials need the right to list the bucket and to read its objects; docs/sources.md, \"Export files in a \
                 bucket\", has the least that suffices",
            ),
            Of::Precondition { .. } => Error::temporary(format!("{what} was written anew while it was read"))
                .hint("run again; nothing of it was taken"),
            Of::NotFound { .. } => Error::usage(message).hint(BUCKET),
            _ if is_gone => Error::usage(message).hint(BUCKET),
            _ => Error::temporary(message).hint("run again; what earlier runs took is in the lake, and nothing half done is visible"),
        }
    }
}

const BUCKET: &str = "check the bucket's name, and endpoint and region under [store]";

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.url)
    }
}

/// A store that is asked no more at once than the settings say.
fn limited(
    built: object_store::Result<impl ObjectStore>,
    place: &StorePlace,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    Ok(Arc::new(LimitStore::new(built?, place.requests)))
}

fn client(place: &StorePlace) -> Result<ClientOptions> {
    let is_plain = place.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http");
    let mut options = ClientOptions::new()
        .with_allow_http(is_plain)
        .with_connect_timeout(Duration::from_secs(10))
        .with_timeout(Duration::from_mins(2));
    if let Some(proxy) = &place.proxy {
        options = options.with_proxy_url(proxy.as_str());
    }
    if let Some(path) = &place.ca_file {
        let text = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
        let certificates = Certificate::from_pem_bundle(&text)
            .map_err(|error| Error::usage(format!("{}: no certificates in PEM: {error}", path.display())))?;
        for certificate in certificates {
            options = options.with_root_certificate(certificate);
        }
    }
    Ok(options)
}

/// What a store says, in a line: code and message of its answer where it has them, else what the library says.
fn said(error: &object_store::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    let (whole, cause) = (error.to_string(), innermost.to_string());
    let text = if whole.contains(&cause) { whole } else { format!("{whole}: {cause}") };
    let element = |name: &str| Some(text.split_once(&format!("<{name}>"))?.1.split_once('<')?.0);
    match (element("Code"), element("Message")) {
        (Some(code), Some(message)) => {
            let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
            format!("{code}: {}", message.trim_end_matches('.'))
        }
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}
