//! Values that one process has loaded are served by all (T1, T4, T6, T7).

use crate::server::Server;
use stampede::{Cache, tier::Redis};
use stampede_tests::{End, Probe, soon};
use std::{sync::Arc, time::Duration};

/// A cache of a process: handles of other timeouts have connections of their own.
pub(crate) fn member(url: &str, number: u64) -> Redis {
    Redis::builder(url).timeout(Duration::from_millis(1_000 + number)).build().expect("a URL")
}

fn cache(tier: Redis) -> Cache<u64, u64, String> {
    Cache::builder().name("numbers").ttl(Duration::from_secs(60)).tier(tier).build()
}

async fn get(cache: &Cache<u64, u64, String>, id: u64, probe: &Arc<Probe>) -> Result<u64, String> {
    let probe = Arc::clone(probe);
    soon(cache.try_get(id, move || async move { probe.load().await })).await
}

// T1: what is there is not loaded.
#[tokio::test]
async fn a_value_is_loaded_by_one_and_served_by_all() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let probe = Probe::open(End::Value);
    assert_eq!(get(&one, 7, &probe).await, Ok(1));
    assert_eq!(get(&two, 7, &probe).await, Ok(1));
    assert_eq!(get(&two, 7, &probe).await, Ok(1));
    assert_eq!(probe.started(), 1);
    let stats = two.stats();
    assert_eq!((stats.loads, stats.leads, stats.hits, stats.tier.hits), (0, 1, 1, 1), "{stats:?}");
    server.assert_leases_end();
}
