//! The caches under test, most of them from `u64` to `u64`, with a body that is ready at once.

use cached::macros::{cached, concurrent_cached};
use stampede::stampede;
use std::{
    convert::Infallible,
    future::{Ready, ready},
    hash::Hash,
    hint::black_box,
    time::Duration,
};

/// How long entries are kept: longer than any benchmark runs.
pub const TTL: Duration = Duration::from_hours(1);

/// What is memoized.
pub fn body(id: u64) -> Ready<u64> {
    ready(black_box(id).wrapping_mul(31))
}

/// Memoized by Stampede.
#[stampede(ttl = "1h")]
pub async fn detached(id: u64) -> u64 {
    body(id).await
}

/// Memoized by Stampede; the callers run the load.
#[stampede(ttl = "1h", detach = false)]
pub async fn in_place(id: u64) -> u64 {
    body(id).await
}

/// Memoized by `cached`, one load a key.
#[cached(ttl_secs = 3600, sync_writes = "by_key")]
pub async fn by_key(id: u64) -> u64 {
    body(id).await
}

/// Memoized by `cached`, in shards; loads are not shared.
#[concurrent_cached(ttl_secs = 3600)]
pub async fn concurrent(id: u64) -> u64 {
    body(id).await
}

/// A cache of moka.
pub type Moka<K = u64, V = u64> = moka::future::Cache<K, V>;

/// Returns a new cache of moka that lives as long as the program.
#[must_use]
pub fn moka<K, V>(capacity: u64) -> &'static Moka<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Box::leak(Box::new(Moka::builder().max_capacity(capacity).time_to_live(TTL).build()))
}

/// A cache of `quick_cache`, which knows no ttl.
pub type Quick<K = u64, V = u64> = quick_cache::sync::Cache<K, V>;

/// Returns a new cache of `quick_cache` that lives as long as the program.
#[must_use]
pub fn quick<K: Hash + Eq, V: Clone>(capacity: usize) -> &'static Quick<K, V> {
    Box::leak(Box::new(Quick::new(capacity)))
}

/// Calls a cache of `quick_cache`.
pub async fn call_quick(cache: &'static Quick, id: u64) -> u64 {
    let Ok(value) = cache.get_or_insert_async(&id, async { Ok::<_, Infallible>(body(id).await) }).await;
    value
}

/// A cache in memory of foyer, which knows no ttl.
pub type Foyer<K = u64, V = u64> = foyer_memory::Cache<K, V>;

/// Returns a new cache of foyer that lives as long as the program.
#[must_use]
pub fn foyer<K, V>(capacity: usize) -> &'static Foyer<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    Box::leak(Box::new(foyer_memory::CacheBuilder::new(capacity).build()))
}

/// Calls a cache of foyer, and copies the value out of the entry that it returns.
///
/// # Panics
///
/// Never: no load fails.
pub async fn call_foyer(cache: &'static Foyer, id: u64) -> u64 {
    let load = move || async move { Ok::<_, Infallible>(body(id).await) };
    *cache.get_or_fetch(&id, load).await.expect("no load fails").value()
}

/// A raw cache of Stampede.
pub type Raw<K = u64, V = u64> = stampede::Cache<K, V>;

/// Returns a new raw cache that lives as long as the program.
#[must_use]
pub fn raw<K, V>() -> &'static Raw<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Box::leak(Box::new(Raw::builder().ttl(TTL).build()))
}
