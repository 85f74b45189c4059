//! Whether a store keeps what a lake needs of it: of all who create an object one does, and who exchanges one that was exchanged
//! meanwhile is refused. A store that says yes to both would let two runs overwrite each other's commits.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use object_store::{PutMode, PutPayload};

use crate::error::{Error, Result};
use crate::place::store::Store;

/// Who create one object at once.
const RACERS: usize = 8;

/// Tries a store, and removes what it wrote.
///
/// # Errors
/// Usage (exit 2) where the store is not one to keep a lake at; else as the store's own.
pub async fn probe(store: &Store) -> Result<()> {
    let name = format!("_probe/{}", uuid::Uuid::now_v7());
    let found = try_all(store, &name).await;
    for place in 0..2 {
        store.remove(&format!("{name}-{place}")).await?;
    }
    match found? {
        None => Ok(()),
        Some(lie) => Err(Error::usage(format!("{} is no store to keep a lake at: {lie}", store.address_of("")))
            .hint("docs/stores.md says what a store must promise; a lake in a local folder needs none of it")),
    }
}

async fn try_all(store: &Store, name: &str) -> Result<Option<String>> {
    let (first, second) = (format!("{name}-0"), format!("{name}-1"));
    if !store.create(&first, Bytes::from_static(b"first")).await? {
        return Ok(Some("an object that was just created held other bytes".to_owned()));
    }
    if store.create(&first, Bytes::from_static(b"second")).await? {
        return Ok(Some("it created an object in the place of one that was there (`If-None-Match: *`)".to_owned()));
    }
    let Some((bytes, before)) = store.get(&first).await? else {
        return Ok(Some("an object that was just created was not there".to_owned()));
    };
    if bytes != "first" {
        return Ok(Some("it said that it had created nothing, and did (`If-None-Match: *`)".to_owned()));
    }
    if store.exchange(&first, Bytes::from_static(b"third"), &before).await?.is_none() {
        return Ok(Some("it refused to exchange an object that nobody had changed (`If-Match`)".to_owned()));
    }
    if store.exchange(&first, Bytes::from_static(b"fourth"), &before).await?.is_some() {
        return Ok(Some("it exchanged an object that had been changed meanwhile (`If-Match`)".to_owned()));
    }
    // Asked without looking at what became of it: only the store's own answer says how many it told that they won.
    let path = store.path_of(&second);
    let racers: FuturesUnordered<_> = (0..RACERS)
        .map(|racer| {
            let payload = PutPayload::from(format!("racer {racer}"));
            store.objects.put_opts(&path, payload, PutMode::Create.into())
        })
        .collect();
    let winners = racers.filter(|done| std::future::ready(done.is_ok())).count().await;
    // None knows that it won where the answer was lost.
    Ok((winners > 1).then(|| {
        format!("of {RACERS} who created one object at once it told {winners} that they had (`If-None-Match: *`)")
    }))
}
