//! A server whose clock is set (T4): it keeps values by the time of day.

use crate::{
    server::Server,
    sharing::{cache, get, member},
};
use stampede::Cache;
use stampede_tests::{End, Probe, until};
use std::sync::Arc;

/// What its clock is set by.
const HOUR: i64 = 3_600_000;
/// How long values are kept.
const TTL: i64 = 60_000;

/// Milliseconds for which the server will keep a value.
fn left(server: &Server, name: &str) -> i64 {
    redis::from_redis_value(server.command(&["PTTL", name])).expect("a number")
}

/// A process that has loaded 1 for 7, and the name of that on the server.
async fn stored(server: &Server, probe: &Arc<Probe>) -> (Cache<u64, u64, String>, String) {
    let one = cache(member(&server.url(), 1));
    assert_eq!(get(&one, 7, probe).await, Ok(1));
    until(|| one.stats().tier.published == 1).await;
    let name = server.values().pop().expect("a value");
    (one, name)
}

// T4, F1: set back, it keeps a value for as much longer. Nobody can tell how old that is, so it is loaded anew.
#[tokio::test]
async fn a_value_that_is_kept_for_longer_than_it_lives_is_a_miss() {
    let server = Server::start();
    let (two, probe) = (cache(member(&server.url(), 2)), Probe::open(End::Value));
    let (_, name) = stored(&server, &probe).await;
    // What the server shows after such a step.
    server.command(&["PEXPIRE", &name, &(left(&server, &name) + HOUR).to_string()]);
    assert_eq!(get(&two, 7, &probe).await, Ok(2));
    until(|| two.stats().tier.published == 1).await;
    assert!((1..=TTL).contains(&left(&server, &name)), "{}", left(&server, &name));
    // As good as new.
    let three = cache(member(&server.url(), 3));
    assert_eq!(get(&three, 7, &probe).await, Ok(2));
}

// T4: set forward, it lets a value go: a miss.
#[tokio::test]
async fn a_value_that_is_gone_before_its_time_is_a_miss() {
    let server = Server::start();
    let (two, probe) = (cache(member(&server.url(), 2)), Probe::open(End::Value));
    let (one, name) = stored(&server, &probe).await;
    server.command(&["PEXPIRE", &name, &(left(&server, &name) - HOUR).to_string()]);
    assert_eq!(get(&two, 7, &probe).await, Ok(2));
    assert_eq!(get(&one, 7, &probe).await, Ok(1), "it has its own, for its own time");
}
