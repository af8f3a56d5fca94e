//! Caches that load nothing without their tier: `strict` (T3).

use crate::{
    server::{Server, free_port},
    sharing::member,
};
use stampede::{
    Cache,
    bounds::{CacheOutput, TierOutput},
    stampede,
    tier::{Redis, TierError},
};
use stampede_tests::soon;
use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use tokio::time::sleep;

const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, PartialEq)]
enum Failure {
    NoTier,
}

impl From<TierError> for Failure {
    fn from(error: TierError) -> Self {
        assert!(error.is_unavailable(), "{error}");
        Self::NoTier
    }
}

#[tokio::test]
async fn a_strict_cache_loads_nothing_without_its_tier() {
    let mut server = Server::start();
    let cache: Cache<u64, u64, Failure> = Cache::builder()
        .name("strict")
        .ttl(Duration::from_millis(100))
        .stale_if_error(MINUTE)
        .tier(member(&server.url(), 1))
        .strict()
        .build();
    assert_eq!(soon(cache.try_get(1, || async { Ok(1) })).await, Ok(1));
    server.kill();
    sleep(Duration::from_millis(200)).await;
    assert_eq!(soon(cache.try_get(1, || async { Ok(2) })).await, Ok(1), "what is stale stands in");
    assert_eq!(soon(cache.try_get(2, || async { Ok(2) })).await, Err(Failure::NoTier));
    // Nor where it is a change that the tier does not know of.
    assert!(cache.invalidate(&1));
    assert_eq!(soon(cache.try_get(1, || async { Ok(3) })).await, Err(Failure::NoTier));
    assert_eq!(cache.stats().loads, 1);
    server.restart();
    let back = Instant::now();
    for id in [1, 2] {
        while soon(cache.try_get(id, || async { Ok(2) })).await != Ok(2) {
            assert!(back.elapsed() < Duration::from_secs(3), "the server is not used again");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

// Whatever is said first, and where errors are shared too.
#[tokio::test]
async fn strict_is_about_any_tier() {
    let nowhere = format!("redis://127.0.0.1:{}/", free_port());
    let strict = |number| {
        Cache::<u64, u64, String>::builder().name("strict").ttl(MINUTE).tier(member(&nowhere, number))
    };
    let lax = strict(1).build();
    assert_eq!(soon(lax.try_get(1, || async { Ok(1) })).await, Ok(1));
    let missing = Cache::<u64, u64, Failure>::builder().ttl(MINUTE).strict().try_build();
    assert!(missing.unwrap_err().to_string().contains("set `tier` too"));
    let cache: Cache<u64, u64, Shared> = Cache::builder()
        .strict()
        .name("strict")
        .ttl(MINUTE)
        .err_ttl(MINUTE)
        .tier_of_results(member(&nowhere, 2))
        .build();
    let failed = soon(cache.try_get(1, || async { Ok(1) })).await;
    assert!(failed.is_err_and(|Shared(why)| why.contains("can't be reached")));
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Shared(String);

impl From<TierError> for Shared {
    fn from(error: TierError) -> Self {
        Self(error.to_string())
    }
}

/// Where nothing is.
static NOWHERE: LazyLock<Redis> =
    LazyLock::new(|| Redis::connect(format!("redis://127.0.0.1:{}/", free_port())).expect("a URL"));
static LOADS: AtomicU64 = AtomicU64::new(0);

fn load() -> u64 {
    LOADS.fetch_add(1, SeqCst) + 1
}

#[stampede(ttl = "1m", tier = &*NOWHERE, strict = true)]
async fn strict(id: u64) -> Result<u64, Failure> {
    Ok(id + load())
}

#[stampede(ttl = "1m", tier = &*NOWHERE, strict = true, companion = none)]
fn blocking(id: u64) -> Result<u64, Failure> {
    Ok(id + load())
}

#[stampede(ttl = "1m", tier = &*NOWHERE, strict = true)]
async fn generic<T, E>(id: u64) -> Result<T, E>
where
    T: CacheOutput + TierOutput + From<u8>,
    E: CacheOutput + From<TierError>,
{
    let _ = id + load();
    Ok(T::from(7))
}

#[stampede(ttl = "1m", tier = &*NOWHERE, strict = false)]
async fn lax(id: u64) -> u64 {
    id
}

struct Site;

impl Site {
    #[stampede(key: u64 = id, ttl = "1m", load_timeout = "1m", tier = &*NOWHERE, strict = true, detach = false)]
    async fn visits(&self, id: u64) -> Result<u64, Visits> {
        Ok(id + load())
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Visits {
    NoTier,
    TooLong,
}

impl From<TierError> for Visits {
    fn from(_: TierError) -> Self {
        Self::NoTier
    }
}

impl From<stampede::LoadTimeout> for Visits {
    fn from(_: stampede::LoadTimeout) -> Self {
        Self::TooLong
    }
}

#[tokio::test]
async fn functions_are_strict_if_they_say_so() {
    assert_eq!(soon(strict(1)).await, Err(Failure::NoTier));
    assert_eq!(soon(generic::<u64, Failure>(1)).await, Err(Failure::NoTier));
    assert_eq!(soon(Site.visits(1)).await, Err(Visits::NoTier));
    let blocked = tokio::task::spawn_blocking(|| blocking(1)).await.expect("it does not panic");
    assert_eq!(blocked, Err(Failure::NoTier));
    assert_eq!(soon(lax(1)).await, 1);
    assert_eq!(LOADS.load(SeqCst), 0);
}
