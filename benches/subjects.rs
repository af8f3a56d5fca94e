//! The caches under test, each from `u64` to `u64`, with a body that is ready at once.

use cached::macros::{cached, concurrent_cached};
use stampede::stampede;
use std::{
    convert::Infallible,
    future::{Ready, ready},
    hint::black_box,
    time::Duration,
};

/// How long entries are kept: longer than any benchmark runs.
pub const TTL: Duration = Duration::from_mins(1);

/// What is memoized.
pub fn body(id: u64) -> Ready<u64> {
    ready(black_box(id).wrapping_mul(31))
}

/// Memoized by Stampede.
#[stampede(ttl = "60s")]
pub async fn detached(id: u64) -> u64 {
    body(id).await
}

/// Memoized by Stampede; the callers run the load.
#[stampede(ttl = "60s", detach = false)]
pub async fn in_place(id: u64) -> u64 {
    body(id).await
}

/// Memoized by `cached`, one load a key.
#[cached(ttl_secs = 60, sync_writes = "by_key")]
pub async fn by_key(id: u64) -> u64 {
    body(id).await
}

/// Memoized by `cached`, in shards; loads are not shared.
#[concurrent_cached(ttl_secs = 60)]
pub async fn concurrent(id: u64) -> u64 {
    body(id).await
}

/// A cache of moka.
pub type Moka<K = u64> = moka::future::Cache<K, u64>;

/// Returns a new cache of moka that lives as long as the program.
#[must_use]
pub fn moka<K>(capacity: u64) -> &'static Moka<K>
where
    K: std::hash::Hash + Eq + Send + Sync + 'static,
{
    Box::leak(Box::new(Moka::builder().max_capacity(capacity).time_to_live(TTL).build()))
}

/// A cache of `quick_cache`, which knows no ttl.
pub type Quick<K = u64> = quick_cache::sync::Cache<K, u64>;

/// Returns a new cache of `quick_cache` that lives as long as the program.
#[must_use]
pub fn quick<K: std::hash::Hash + Eq>(capacity: usize) -> &'static Quick<K> {
    Box::leak(Box::new(Quick::new(capacity)))
}

/// Calls a cache of `quick_cache`.
pub async fn call_quick(cache: &'static Quick, id: u64) -> u64 {
    let Ok(value) = cache.get_or_insert_async(&id, async { Ok::<_, Infallible>(body(id).await) }).await;
    value
}

/// A raw cache of Stampede.
pub type Raw<K = u64> = stampede::Cache<K, u64>;

/// Returns a new raw cache that lives as long as the program.
#[must_use]
pub fn raw<K>() -> &'static Raw<K>
where
    K: std::hash::Hash + Eq + Clone + Send + Sync + 'static,
{
    Box::leak(Box::new(Raw::builder().ttl(TTL).build()))
}
