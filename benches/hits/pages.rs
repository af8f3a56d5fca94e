//! Hits on a value that is shared: a copy of it counts its owners, in memory that all threads share.

use crate::{CAPACITY, ID, drive::one_thread};
use cached::macros::{cached, concurrent_cached};
use stampede::stampede;
use stampede_benches::{
    groups::HIT_ARC,
    race::Race,
    subjects::{body, foyer, moka, quick},
};
use std::{convert::Infallible, sync::Arc};

type Page = Arc<str>;

async fn render(id: u64) -> Page {
    body(id).await.to_string().into()
}

#[stampede(ttl = "1h")]
async fn page(id: u64) -> Page {
    render(id).await
}

#[cached(ttl_secs = 3600, sync_writes = "by_key")]
async fn page_by_key(id: u64) -> Page {
    render(id).await
}

#[concurrent_cached(ttl_secs = 3600)]
async fn page_concurrent(id: u64) -> Page {
    render(id).await
}

pub(crate) fn add(race: &mut Race) {
    let (moka, quick, foyer) =
        (moka::<u64, Page>(CAPACITY as u64), quick::<u64, Page>(CAPACITY), foyer::<u64, Page>(CAPACITY));
    race.add(HIT_ARC, "stampede", one_thread(ID, page));
    let call = async move |id| {
        let Ok(page) = quick.get_or_insert_async(&id, async { Ok::<_, Infallible>(render(id).await) }).await;
        page
    };
    race.add(HIT_ARC, "quick_cache", one_thread(ID, call));
    race.add(HIT_ARC, "moka", one_thread(ID, move |id| moka.get_with(id, render(id))));
    let call = async move |id| {
        let load = move || async move { Ok::<_, Infallible>(render(id).await) };
        Page::clone(foyer.get_or_fetch(&id, load).await.expect("no load fails").value())
    };
    race.add(HIT_ARC, "foyer", one_thread(ID, call));
    race.add(HIT_ARC, "cached concurrent", one_thread(ID, page_concurrent));
    race.add(HIT_ARC, "cached by_key", one_thread(ID, page_by_key));
}
