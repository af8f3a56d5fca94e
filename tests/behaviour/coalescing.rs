//! One load for calls that overlap (C1, C2, C3, C5).

use crate::settings::in_all_settings;
use stampede::{Cache, Served, stampede};
use stampede_tests::{End, Probe, on_both_flavours, soon, unique, until};
use std::{
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::task::JoinSet;

in_all_settings! {
    // C2
    async fn equal_calls_share_one_load() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let mut calls = JoinSet::new();
        for _ in 0..100 {
            let probe = Arc::clone(&probe);
            calls.spawn(async move { call(id, &probe).await });
        }
        until(|| probe.started() == 1 && call::cache().in_flight() >= 1).await;
        probe.open_gate();
        let outcomes = soon(calls.join_all()).await;
        assert_eq!(outcomes, vec![Ok(1); 100]);
        assert_eq!(probe.started(), 1);
        assert_eq!(call(id, &probe).await, Ok(1), "a later call is a hit");
        assert_eq!(probe.started(), 1);
    }

    // C2: one failed load is one failure for all of its waiters, and no entry.
    async fn waiters_share_one_failure() {
        let (id, probe) = (unique(), Probe::new(End::Error));
        let joined = Arc::new(AtomicUsize::new(0));
        let mut calls = JoinSet::new();
        for _ in 0..100 {
            let (probe, joined) = (Arc::clone(&probe), Arc::clone(&joined));
            calls.spawn(async move {
                let mut waiting = std::pin::pin!(call(id, &probe));
                assert!(futures::poll!(&mut waiting).is_pending());
                joined.fetch_add(1, SeqCst);
                waiting.await
            });
        }
        until(|| joined.load(SeqCst) == 100).await;
        probe.open_gate();
        let outcomes = soon(calls.join_all()).await;
        assert_eq!(outcomes, vec![Err("load 1 failed".to_owned()); 100]);
        assert_eq!(call(id, &probe).await, Err("load 2 failed".to_owned()), "an error is not kept");
    }

    // C1
    async fn different_keys_do_not_wait_for_each_other() {
        let (slow, fast) = (Probe::new(End::Value), Probe::open(End::Value));
        let id = unique();
        let waiting = { let slow = Arc::clone(&slow); tokio::spawn(async move { call(id, &slow).await }) };
        until(|| slow.started() == 1).await;
        for _ in 0..100 {
            assert_eq!(soon(call(unique(), &fast)).await, Ok(fast.started() as u64));
        }
        slow.open_gate();
        assert_eq!(soon(waiting).await.expect("no panic"), Ok(1));
    }

    // C3: no interleaving of a landing flight and a new call loads twice.
    async fn calls_around_the_landing_find_the_flight_or_the_entry() {
        for _ in 0..300 {
            let (id, probe) = (unique(), Probe::open(End::Value));
            let mut calls = JoinSet::new();
            for _ in 0..8 {
                let probe = Arc::clone(&probe);
                calls.spawn(async move { call(id, &probe).await });
            }
            assert_eq!(soon(calls.join_all()).await, vec![Ok(1); 8]);
            assert_eq!(probe.started(), 1);
        }
    }
}

#[stampede(skip(probe))]
async fn only_coalesced(id: u64, probe: &Arc<Probe>) -> Result<u64, String> {
    let _ = id;
    probe.load().await
}

on_both_flavours! {
    // C5
    async fn without_a_ttl_calls_share_a_load_and_nothing_is_stored() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let mut calls: Vec<_> = (0..10).map(|_| Box::pin(only_coalesced(id, &probe))).collect();
        for call in &mut calls {
            assert!(futures::poll!(call).is_pending());
        }
        probe.open_gate();
        assert_eq!(soon(futures::future::join_all(calls)).await, vec![Ok(1); 10]);
        assert_eq!(only_coalesced::cache().len(), 0);
        assert_eq!(only_coalesced(id, &probe).await, Ok(2));
        assert_eq!(only_coalesced::peek(&id), None);
    }
}

/// A key whose hash is always the same.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Colliding(u8);

impl Hash for Colliding {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(0);
    }
}

on_both_flavours! {
    // C1: keys are compared, never their hashes alone; in the flights and in the entries.
    async fn keys_of_one_hash_are_told_apart() {
        let cache: Cache<Colliding, u8> = Cache::builder().ttl(Duration::from_secs(60)).build();
        let gate = Arc::new(tokio::sync::Semaphore::new(0));
        let mut calls = JoinSet::new();
        for key in 0..10 {
            for _ in 0..3 {
                let (cache, gate) = (cache.clone(), Arc::clone(&gate));
                calls.spawn(async move {
                    cache.get(Colliding(key), move || async move {
                        gate.acquire().await.expect("open").forget();
                        key
                    }).await
                });
            }
        }
        until(|| cache.in_flight() == 10).await;
        // I1: it is the flight of its key that is cut, and no other of that hash.
        assert!(cache.invalidate(&Colliding(5)) && !cache.invalidate(&Colliding(5)));
        assert_eq!(cache.in_flight(), 9);
        gate.add_permits(10);
        let mut values = soon(calls.join_all()).await;
        values.sort_unstable();
        assert_eq!(values, (0..10).flat_map(|key| [key; 3]).collect::<Vec<_>>());
        assert_eq!((cache.in_flight(), cache.len()), (0, 9));
        assert_eq!(cache.peek(&Colliding(5)), None);
        assert!(cache.invalidate(&Colliding(3)));
        assert_eq!(cache.peek(&Colliding(3)), None);
        assert_eq!(cache.peek(&Colliding(4)), Some(4));
    }

    // C1: what is found first for a hash may be another key's; a hit is one all the same.
    async fn keys_of_one_hash_are_hits() {
        #[stampede(ttl = "60s")]
        async fn doubled(key: Colliding) -> u8 {
            2 * key.0
        }

        let cache: Cache<Colliding, u8> = Cache::builder().ttl(Duration::from_secs(60)).build();
        for key in 0..10 {
            cache.insert(Colliding(key), key);
            doubled::insert(Colliding(key), 2 * key);
        }
        for key in 0..10 {
            assert_eq!(cache.get(Colliding(key), || async { unreachable!("it is stored") }).await, key);
            assert_eq!(doubled(Colliding(key)).await, 2 * key);
            assert_eq!(doubled::call_with_info(Colliding(key)).await, (2 * key, Served::Fresh));
            assert_eq!(cache.peek(&Colliding(key)), Some(key));
        }
        let stats = cache.stats();
        assert_eq!((stats.hits, stats.leads, stats.coalesced), (10, 0, 0));
        assert_eq!(cache.get(Colliding(10), || async { 10 }).await, 10);
        assert_eq!(cache.stats().leads, 1);
    }
}
