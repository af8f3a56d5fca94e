//! Entries and flights that are cut, replaced and renewed (I1, I2, I3).

use crate::settings::in_all_settings;
use stampede::Cache;
use stampede_tests::{End, Probe, soon, unique, until};
use std::{
    hint::spin_loop,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

in_all_settings! {
    // I1: the callers of a flight that is cut get its outcome, the cache does not; later calls load anew.
    async fn an_invalidated_flight_serves_its_callers_only() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let mut before: Vec<_> = (0..3).map(|_| Box::pin(call(id, &probe))).collect();
        for call in &mut before {
            assert!(futures::poll!(call).is_pending());
        }
        until(|| probe.started() == 1).await;
        assert!(call::invalidate(&id), "there was a flight");
        assert!(!call::invalidate(&id), "it is cut already");
        let mut after = Box::pin(call(id, &probe));
        assert!(futures::poll!(&mut after).is_pending());
        until(|| probe.started() == 2).await;
        probe.open_gate();
        assert_eq!(soon(futures::future::join_all(before)).await, vec![Ok(1); 3]);
        assert_eq!(soon(after).await, Ok(2));
        assert_eq!(call::peek(&id), Some(Ok(2)), "the newer flight's outcome");
        assert_eq!(probe.started(), 2);
    }

    // I1: also when the cut flight lands last.
    async fn an_older_flight_does_not_overwrite_a_newer_one() {
        let (id, old, new) = (unique(), Probe::new(End::Value), Probe::open(End::Error));
        let mut before = Box::pin(call(id, &old));
        assert!(futures::poll!(&mut before).is_pending());
        until(|| old.started() == 1).await;
        call::invalidate(&id);
        assert_eq!(soon(call(id, &new)).await, Err("load 1 failed".to_owned()));
        old.open_gate();
        assert_eq!(soon(before).await, Ok(1));
        assert_eq!(call::peek(&id), None);
    }

    // I1: an entry is gone at once.
    async fn an_invalidated_entry_is_loaded_anew() {
        let (id, probe) = (unique(), Probe::open(End::Value));
        assert_eq!(soon(call(id, &probe)).await, Ok(1));
        assert!(call::invalidate(&id));
        assert_eq!(call::peek(&id), None);
        assert!(!call::invalidate(&id));
        assert_eq!(soon(call(id, &probe)).await, Ok(2));
    }

    // I2: what was put in by hand wins over the flight in the air.
    async fn an_insert_wins_over_the_flight() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let mut before = Box::pin(call(id, &probe));
        assert!(futures::poll!(&mut before).is_pending());
        until(|| probe.started() == 1).await;
        call::insert(id, 77);
        assert_eq!(soon(call(id, &probe)).await, Ok(77));
        probe.open_gate();
        assert_eq!(soon(before).await, Ok(1));
        assert_eq!(soon(call(id, &probe)).await, Ok(77));
    }

    // I3: never a stored value; the old one is served to others meanwhile.
    async fn refresh_loads_while_others_are_served() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        call::insert(id, Ok(77));
        let mut refresh = Box::pin(call::refresh(id, &probe));
        let mut second = Box::pin(call::refresh(id, &probe));
        assert!(futures::poll!(&mut refresh).is_pending());
        assert!(futures::poll!(&mut second).is_pending());
        assert_eq!(call(id, &probe).await, Ok(77));
        probe.open_gate();
        assert_eq!((soon(refresh).await, soon(second).await), (Ok(1), Ok(1)), "both wait for one load");
        assert_eq!(call(id, &probe).await, Ok(1));
    }

    // I3, F4: a failed refresh leaves the old value.
    async fn a_failed_refresh_leaves_the_entry() {
        let (id, probe) = (unique(), Probe::open(End::Error));
        call::insert(id, Ok(77));
        assert_eq!(soon(call::refresh(id, &probe)).await, Err("load 1 failed".to_owned()));
        assert_eq!(call(id, &probe).await, Ok(77));
    }

    // An error is not kept, so putting one in leaves nothing.
    async fn inserting_an_error_removes_the_entry() {
        let id = unique();
        call::insert(id, 77);
        call::insert(id, Err("by hand".to_owned()));
        assert_eq!(call::peek(&id), None);
    }

    // I1, I2, C3 under contention: after an invalidation has returned, no call is served by a load that started before it.
    async fn an_invalidation_holds_in_every_interleaving() {
        for round in 0..300_usize {
            let (id, old) = (unique(), Probe::open(End::Value));
            let caller = { let old = Arc::clone(&old); tokio::spawn(async move { call(id, &old).await }) };
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            call::invalidate(&id);
            let new = Probe::open(End::Error);
            let outcome = soon(call(id, &new)).await;
            // Either the old load had not started yet, or ours ran.
            if outcome.is_ok() {
                assert_eq!(new.started(), 0);
                assert_eq!(old.started(), 1);
                assert!(caller.is_finished() || old.started() == 1);
            }
            assert!(soon(caller).await.is_ok());
        }
    }
}

const TTL: Duration = Duration::from_secs(60);

#[test]
fn an_insert_wins_over_a_load_that_starts_while_it_runs() {
    // I2: the load overlaps the insert and ends after it.
    let (turn, inserted, got) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)), AtomicU64::new(0));
    let cache: Cache<u64, u64> = Cache::builder().ttl(TTL).build();
    let rounds = 20_000;
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 1..=rounds {
                while turn.load(SeqCst) != round {
                    thread::yield_now();
                }
                (0..round % 97).for_each(|_| spin_loop());
                let done = Arc::clone(&inserted);
                let load = move || async move {
                    while done.load(SeqCst) != round {
                        thread::yield_now();
                    }
                    0
                };
                pollster::block_on(cache.get(round, load));
                got.store(round, SeqCst);
            }
        });
        for round in 1..=rounds {
            turn.store(round, SeqCst);
            (0..round / 97 % 97).for_each(|_| spin_loop());
            cache.insert(round, 1);
            inserted.store(round, SeqCst);
            while got.load(SeqCst) != round {
                thread::yield_now();
            }
            assert_eq!(cache.peek(&round), Some(1), "round {round}");
            cache.invalidate(&round);
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_can_be_seen_all_the_time_while_it_is_renewed() {
    // I3
    let cache: Cache<u8, u64> = Cache::builder().ttl(TTL).build();
    cache.insert(1, 0);
    let done = Arc::new(AtomicU64::new(0));
    let watcher = {
        let (cache, done) = (cache.clone(), Arc::clone(&done));
        thread::spawn(move || {
            while done.load(SeqCst) == 0 {
                assert!(cache.peek(&1).is_some());
            }
        })
    };
    for value in 0..20_000 {
        assert_eq!(cache.get_fresh(1, move || async move { value }).await, value);
    }
    done.store(1, SeqCst);
    watcher.join().expect("it saw a value all the time");
}
