//! Hits in caches that are larger than what a core keeps at hand.

use crate::drive::any_of;
use cached::macros::{cached, concurrent_cached};
use stampede::stampede;
use stampede_benches::{
    groups::HIT_MILLION,
    race::Race,
    subjects::{body, call_foyer, call_quick, foyer, moka, quick},
};

const CAPACITY: usize = 2_000_000;

#[stampede(ttl = "1h", capacity = 2_000_000)]
async fn detached(id: u64) -> u64 {
    body(id).await
}

#[cached(ttl_secs = 3600, sync_writes = "by_key")]
async fn by_key(id: u64) -> u64 {
    body(id).await
}

#[concurrent_cached(ttl_secs = 3600)]
async fn concurrent(id: u64) -> u64 {
    body(id).await
}

pub(crate) fn add(race: &mut Race, keys: u64) {
    let (moka, quick, foyer) = (moka(CAPACITY as u64), quick(CAPACITY), foyer(CAPACITY));
    race.add(HIT_MILLION, "stampede", any_of(keys, detached));
    race.add(HIT_MILLION, "quick_cache", any_of(keys, move |id| call_quick(quick, id)));
    let call = move |id| moka.get_with(id, async move { body(id).await });
    race.add(HIT_MILLION, "moka", any_of(keys, call));
    race.add(HIT_MILLION, "foyer", any_of(keys, move |id| call_foyer(foyer, id)));
    race.add(HIT_MILLION, "cached concurrent", any_of(keys, concurrent));
    race.add(HIT_MILLION, "cached by_key", any_of(keys, by_key));
}
