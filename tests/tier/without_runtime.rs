//! Loads that no task runs, and runtimes that come and go (X2, X4 and T2).

use crate::{
    server::Server,
    sharing::{cache, get, member},
};
use stampede::Cache;
use stampede_tests::{End, Probe, soon, until};
use std::{sync::Arc, time::Duration};

// X4: without a runtime callers drive loads; the tier has one of its own.
#[test]
fn callers_need_no_runtime() {
    let server = Server::start();
    let (one, two) = (cache(member(&server.url(), 1)), cache(member(&server.url(), 2)));
    let probe = Probe::open(End::Value);
    assert_eq!(pollster::block_on(get(&one, 7, &probe)), Ok(1));
    assert_eq!(pollster::block_on(get(&two, 7, &probe)), Ok(1));
    two.invalidate(&7);
    assert_eq!(pollster::block_on(get(&two, 7, &probe)), Ok(2));
    assert_eq!(probe.started(), 2);
}

// A connection outlives the runtime on which it was first used, as those of tests do.
#[test]
fn runtimes_come_and_go() {
    let server = Server::start();
    let (one, probe) = (cache(member(&server.url(), 1)), Probe::open(End::Value));
    for id in 0..5 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let two: Cache<u64, u64, String> = cache(member(&server.url(), 2));
        let value = runtime.block_on(get(&one, id, &probe));
        assert_eq!(runtime.block_on(get(&two, id, &probe)), value);
    }
    assert_eq!(probe.started(), 5);
    assert_eq!(one.stats().tier.errors, 0);
}

// X2: who drives a load and leaves hands on the lease with it; the last takes it along.
#[tokio::test]
async fn a_driver_that_leaves_leaves_the_lease() {
    let server = Server::start();
    let (one, two) = (driven(&server, 1), driven(&server, 2));
    let (first, second) = (Probe::new(End::Value), Probe::open(End::Value));
    let mut leader = Box::pin(one.call(&first));
    assert!(futures::poll!(&mut leader).is_pending());
    until_started(&mut leader, &first).await;
    let mut heir = Box::pin(one.call(&second));
    assert!(futures::poll!(&mut heir).is_pending());
    drop(leader);
    assert_eq!(soon(heir).await, Ok(1));
    assert_eq!(first.running(), 0);
    until(|| one.cache.stats().tier.published == 1).await;
    assert_eq!(one.cache.stats().tier.leases, 1, "it was handed on");
    assert_eq!(soon(two.call(&second)).await, Ok(1));

    one.cache.clear();
    // It is told a little later.
    until(|| two.cache.is_empty()).await;
    let mut last = Box::pin(one.call(&first));
    until_started(&mut last, &first).await;
    drop(last);
    // Nobody has to wait for the lease to run out.
    assert_eq!(tokio::time::timeout(Duration::from_millis(1_500), two.call(&second)).await, Ok(Ok(2)));
    stampede_tests::assert_sums(&one.cache.stats(), 3);
    server.assert_leases_end();
}

async fn until_started<F: Future + Unpin>(call: &mut F, probe: &Probe) {
    let before = probe.started();
    while probe.started() == before {
        assert!(futures::poll!(&mut *call).is_pending());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

struct Driven {
    cache: Cache<u64, u64, String>,
}

fn driven(server: &Server, number: u64) -> Driven {
    Driven { cache: cache(member(&server.url(), number)) }
}

impl Driven {
    #[stampede::stampede(cache = self.cache, key: u64 = 7, detach = false)]
    async fn call(&self, probe: &Arc<Probe>) -> Result<u64, String> {
        probe.load().await
    }
}
