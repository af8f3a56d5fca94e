//! A master that sentinels replace, after its death and while it lives (T3).

use crate::{
    server::Server,
    sharing::{cache, get},
};
use stampede::{Cache, tier::Redis};
use stampede_tests::{End, Probe, until};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// A master, a replica of it, and the sentinel of both.
struct Set {
    master: Server,
    replica: Server,
    sentinel: Server,
}

impl Set {
    async fn start() -> Self {
        let master = Server::start();
        let port = master.address().port().to_string();
        let replica = Server::with(&["--replicaof", "127.0.0.1", &port, "--repl-diskless-sync-delay", "0"]);
        let sentinel = Server::sentinel("main", &master);
        let set = Self { master, replica, sentinel };
        // It finds the replica by itself, and the replica has what the master has.
        until(|| set.sentinel.info("sentinel").contains("slaves=1")).await;
        until(|| set.replica.info("replication").contains("master_link_status:up")).await;
        set
    }

    /// Those of two processes.
    async fn caches(&self) -> [Cache<u64, u64, String>; 2] {
        let tiers = [1_001, 1_002].map(|timeout| {
            let tier = Redis::sentinel([self.sentinel.url()], "main");
            tier.timeout(Duration::from_millis(timeout)).build().expect("a URL")
        });
        until(|| tiers.iter().all(Redis::is_up)).await;
        tiers.map(cache)
    }
}

/// Calls until another master is used; no caller gets an error.
async fn until_replaced(one: &Cache<u64, u64, String>, two: &Cache<u64, u64, String>, set: &Set) {
    let probe = Probe::open(End::Value);
    let start = Instant::now();
    let mut ids = 1_000..;
    let mut id = || ids.next().expect("there is no end");
    while !set.replica.info("replication").contains("role:master") {
        assert!(start.elapsed() < Duration::from_secs(30), "the replica does not become the master");
        assert!(get(one, id(), &probe).await.is_ok());
        sleep(Duration::from_millis(10)).await;
    }
    loop {
        assert!(start.elapsed() < Duration::from_secs(40), "the new master is not used");
        let id = id();
        let value = get(one, id, &probe).await;
        assert!(value.is_ok());
        // The other process may be slower to find it, and then it loads on its own.
        if get(two, id, &probe).await == value {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert!(!set.replica.values().is_empty());
}

// T5: changes reach all processes through the new master too.
async fn assert_changes_are_heard(one: &Cache<u64, u64, String>, two: &Cache<u64, u64, String>) {
    let probe = Probe::open(End::Value);
    assert!(get(one, 8, &probe).await.is_ok());
    assert!(get(two, 8, &probe).await.is_ok());
    let start = Instant::now();
    while two.peek(&8).is_some() {
        assert!(start.elapsed() < Duration::from_secs(20), "nobody tells the other process");
        one.invalidate(&8);
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_master_that_dies_costs_no_caller_an_error() {
    let mut set = Set::start().await;
    let [one, two] = set.caches().await;
    let probe = Probe::open(End::Value);
    assert_eq!(get(&one, 7, &probe).await, Ok(1));
    assert_eq!(get(&two, 7, &probe).await, Ok(1));
    set.master.kill();
    until_replaced(&one, &two, &set).await;
    assert_changes_are_heard(&one, &two).await;
    set.replica.assert_leases_end();
}

#[tokio::test]
async fn a_master_that_is_replaced_while_it_lives_is_left() {
    let set = Set::start().await;
    let [one, two] = set.caches().await;
    let probe = Probe::open(End::Value);
    assert_eq!(get(&one, 7, &probe).await, Ok(1));
    assert_eq!(get(&two, 7, &probe).await, Ok(1));
    // Not before it knows how far the replica is.
    let start = Instant::now();
    while set.sentinel.try_command(&["SENTINEL", "FAILOVER", "main"]).is_none() {
        assert!(start.elapsed() < Duration::from_secs(30), "the sentinel does not do it");
        sleep(Duration::from_millis(50)).await;
    }
    until_replaced(&one, &two, &set).await;
    assert_changes_are_heard(&one, &two).await;
    set.replica.assert_leases_end();
}
