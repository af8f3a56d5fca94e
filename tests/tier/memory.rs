//! A tier in memory: what the trait asks for is enough, and the rules hold with any tier that keeps to it (T1, T2, T3).

use crate::sharing::{self, call, get};
use stampede::{
    Cache,
    tier::{
        Change, Claim, LeaseState, Looked, Notice, Stored, Tier, TierError, TierFuture, TierKey, TierState,
        Timing, Value, Watcher,
    },
};
use stampede_tests::{End, Probe, assert_sums, until};
use std::{
    collections::HashMap,
    future::{Future, ready},
    pin::Pin,
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// What processes share.
#[derive(Clone, Default)]
struct Memory(Arc<Inner>);

#[derive(Default)]
struct Inner {
    places: Mutex<HashMap<TierKey, Place>>,
    watchers: Mutex<Vec<Weak<dyn Watcher>>>,
    changes: Mutex<u64>,
    waiters: Mutex<HashMap<TierKey, Vec<oneshot::Sender<Notice>>>>,
    looks: AtomicUsize,
    is_down: AtomicBool,
    /// What is looked for is found, and who looks does not hear of it.
    loses_answers: AtomicBool,
    /// Nobody is told that a lease has ended.
    is_mute: AtomicBool,
}

#[derive(Default)]
struct Place {
    value: Option<(Vec<u8>, Instant)>,
    lease: Option<(String, Instant)>,
}

impl Memory {
    fn at<T>(&self, key: &TierKey, act: impl FnOnce(&mut Place) -> T) -> TierFuture<T>
    where
        T: Send + 'static,
    {
        if self.0.is_down.load(SeqCst) {
            return Box::pin(ready(Err(TierError::unavailable("it is down"))));
        }
        let mut places = self.0.places.lock().expect("nobody panics");
        let place = places.entry(key.clone()).or_default();
        let now = Instant::now();
        place.value.take_if(|(_, end)| *end <= now);
        place.lease.take_if(|(_, end)| *end <= now);
        Box::pin(ready(Ok(act(place))))
    }

    fn notify(&self, key: &TierKey, notice: Notice) {
        if self.0.is_mute.load(SeqCst) {
            return;
        }
        let waiters = self.0.waiters.lock().expect("nobody panics").remove(key);
        for waiter in waiters.into_iter().flatten() {
            // Who does not wait any more need not be told.
            let _ = waiter.send(notice);
        }
    }

    fn state(&self) -> TierState {
        TierState { epoch: "one".to_owned(), changes: *self.0.changes.lock().expect("nobody panics") }
    }

    fn holds(place: &Place, token: &str) -> bool {
        place.lease.as_ref().is_some_and(|(held, _)| held == token)
    }
}

fn put(value: Value) -> (Vec<u8>, Instant) {
    (value.bytes, Instant::now() + value.life)
}

impl Tier for Memory {
    fn timing(&self) -> Timing {
        Timing::default()
    }

    fn look(&self, key: &TierKey, claim: Option<Claim>) -> TierFuture<Looked> {
        self.0.looks.fetch_add(1, SeqCst);
        let state = self.state();
        let loses_answers = self.0.loses_answers.load(SeqCst);
        let looked = self.at(key, move |place| {
            let now = Instant::now();
            let stored = place.value.as_ref().map(|(bytes, end)| Stored {
                bytes: bytes.clone(),
                remaining: *end - now,
                outdated: false,
            });
            let lease = match claim.filter(|claim| claim.over_value || stored.is_none()) {
                None => LeaseState::Unclaimed,
                Some(claim) => match &place.lease {
                    Some((_, end)) => LeaseState::Taken(*end - now),
                    None => {
                        place.lease = Some((claim.token, now + claim.lease));
                        LeaseState::Held
                    }
                },
            };
            Looked { stored, lease, generation: "0".to_owned(), state }
        });
        if loses_answers {
            return Box::pin(ready(Err(TierError::unavailable("the answer is lost"))));
        }
        looked
    }

    fn publish(&self, key: &TierKey, token: &str, _: &str, value: Option<Value>) -> TierFuture<bool> {
        let token = token.to_owned();
        let published = self.at(key, move |place| {
            let holds = Self::holds(place, &token);
            if holds {
                *place = Place { value: value.map(put), lease: None };
            }
            holds
        });
        self.notify(key, Notice::Changed);
        published
    }

    fn renew(&self, key: &TierKey, token: &str, lease: Duration) -> TierFuture<bool> {
        let token = token.to_owned();
        self.at(key, move |place| {
            let held = place.lease.as_mut().filter(|(held, _)| *held == token);
            held.map(|(_, end)| *end = Instant::now() + lease).is_some()
        })
    }

    fn release(&self, key: &TierKey, token: &str, notice: Notice) -> TierFuture<()> {
        let token = token.to_owned();
        let released = self.at(key, move |place| {
            place.lease.take_if(|(held, _)| *held == token);
        });
        self.notify(key, notice);
        released
    }

    fn change(&self, _: &str, origin: &str, change: Change) -> TierFuture<()> {
        let (key, value) = match change {
            Change::Remove(key) => (Some(key), None),
            Change::Insert(key, value) => (Some(key), Some(value)),
            Change::Clear => (None, None),
        };
        if self.0.is_down.load(SeqCst) {
            return Box::pin(ready(Err(TierError::unavailable("it is down"))));
        }
        let changed = match &key {
            Some(key) => self.at(key, |place| *place = Place { value: value.map(put), lease: None }),
            None => {
                self.0.places.lock().expect("nobody panics").clear();
                Box::pin(ready(Ok(())))
            }
        };
        *self.0.changes.lock().expect("nobody panics") += 1;
        if let Some(key) = &key {
            self.notify(key, Notice::Changed);
        }
        for watcher in self.0.watchers.lock().expect("nobody panics").iter().filter_map(Weak::upgrade) {
            watcher.changed(self.state(), origin, key.as_ref().map(TierKey::bytes));
        }
        changed
    }

    fn wait(&self, key: &TierKey) -> Pin<Box<dyn Future<Output = Notice> + Send>> {
        let (sender, receiver) = oneshot::channel();
        self.0.waiters.lock().expect("nobody panics").entry(key.clone()).or_default().push(sender);
        Box::pin(async move { receiver.await.unwrap_or(Notice::Changed) })
    }

    fn watch(&self, _: &str, watcher: Weak<dyn Watcher>) {
        if let Some(watcher) = watcher.upgrade() {
            watcher.connected(self.state());
        }
        self.0.watchers.lock().expect("nobody panics").push(watcher);
    }
}

fn cache(tier: &Memory) -> Cache<u64, u64, String> {
    sharing::cache(tier.clone())
}

async fn one_load_and_one_look_a_cache() {
    let tier = Memory::default();
    let caches: Vec<_> = (0..8).map(|_| cache(&tier)).collect();
    let probe = Probe::new(End::Value);
    let calls: Vec<_> = (0..800)
        .map(|number| {
            let (cache, probe) = (caches[number % 8].clone(), Arc::clone(&probe));
            tokio::spawn(async move { get(&cache, 7, &probe).await })
        })
        .collect();
    until(|| caches.iter().map(|cache| cache.stats().tier.waits).sum::<u64>() == 7).await;
    probe.open_gate();
    for call in calls {
        assert_eq!(call.await.expect("it does not panic"), Ok(1));
    }
    assert_eq!(probe.started(), 1);
    let looks = tier.0.looks.load(SeqCst);
    // Those who wait look twice before and once after; and now and then in case that a message got lost.
    assert!((22..200).contains(&looks), "{looks}");
    for cache in &caches {
        assert_sums(&cache.stats(), 100);
        assert_eq!(get(cache, 7, &probe).await, Ok(1));
    }
}

// T1, T2.
#[tokio::test]
async fn one_thread_shares_a_load() {
    one_load_and_one_look_a_cache().await;
}

// T1, T2.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_threads_share_a_load() {
    one_load_and_one_look_a_cache().await;
}

// T2, T3: a lease of which its holder does not know, or which he can't give back, keeps nobody waiting for longer than that.
#[tokio::test]
async fn a_lease_that_nobody_needs_is_given_back() {
    let tier = Memory::default();
    let (one, two) = (cache(&tier), cache(&tier));
    let open = Probe::open(End::Value);
    tier.0.loses_answers.store(true, SeqCst);
    assert_eq!(get(&one, 7, &open).await, Ok(1));
    assert_eq!(one.stats().tier.bypassed, 1);
    tier.0.loses_answers.store(false, SeqCst);
    let start = Instant::now();
    assert_eq!(get(&two, 7, &open).await, Ok(2));
    assert!(start.elapsed() < Duration::from_millis(1_500), "{:?}", start.elapsed());

    let gated = Probe::new(End::Value);
    let load = call(&one, 8, &gated);
    until(|| gated.started() == 1).await;
    tier.0.is_down.store(true, SeqCst);
    gated.open_gate();
    assert_eq!(load.await.expect("it does not panic"), Ok(1));
    until(|| one.stats().tier.errors >= 2).await;
    tier.0.is_down.store(false, SeqCst);
    let start = Instant::now();
    assert_eq!(get(&two, 8, &open).await, Ok(3));
    assert!(start.elapsed() < Duration::from_millis(1_500), "{:?}", start.elapsed());
}

// T2: whoever is not told that a lease has ended finds out by himself.
#[tokio::test]
async fn who_waits_looks_again_if_the_message_is_lost() {
    let tier = Memory::default();
    tier.0.is_mute.store(true, SeqCst);
    let (one, two) = (cache(&tier), cache(&tier));
    let gated = Probe::new(End::Value);
    let leader = call(&one, 7, &gated);
    until(|| gated.started() == 1).await;
    let waiter = call(&two, 7, &Probe::open(End::Panic));
    until(|| two.stats().tier.waits == 1).await;
    gated.open_gate();
    assert_eq!(leader.await.expect("it does not panic"), Ok(1));
    let start = Instant::now();
    assert_eq!(waiter.await.expect("it does not panic"), Ok(1));
    // It looks every half second, and the lease lasts for three.
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

// T3, T5: what is changed while the tier is down is made up for.
#[tokio::test]
async fn changes_wait_for_a_tier_that_is_down() {
    let tier = Memory::default();
    let (one, two) = (cache(&tier), cache(&tier));
    let probe = Probe::open(End::Value);
    for id in 0..2_000 {
        assert!(get(&one, id, &probe).await.is_ok());
    }
    until(|| one.stats().tier.published == 2_000).await;
    assert_eq!(get(&two, 7, &probe).await, Ok(8));
    tier.0.is_down.store(true, SeqCst);
    // More than are remembered one by one.
    for id in 0..1_500 {
        assert!(one.invalidate(&id));
    }
    assert_eq!(get(&one, 7, &probe).await, Ok(2_001));
    assert_eq!(get(&two, 7, &probe).await, Ok(8), "nobody could tell it");
    tier.0.is_down.store(false, SeqCst);
    until(|| two.peek(&7).is_none()).await;
    assert_ne!(get(&two, 7, &probe).await, Ok(8));
    assert!(one.stats().tier.errors > 0);
}

// T1: a hit asks nobody, and allocates nothing more.
#[tokio::test]
async fn a_local_hit_does_not_know_of_the_tier() {
    let tier = Memory::default();
    let (tiered, plain) = (cache(&tier), Cache::builder().ttl(Duration::from_secs(60)).build());
    let probe = Probe::open(End::Value);
    let mut allocations = Vec::new();
    for cache in [&tiered, &plain] {
        assert!(get(cache, 7, &probe).await.is_ok());
        let looks = tier.0.looks.load(SeqCst);
        let hits = allocation_counter::measure(|| {
            for _ in 0..100 {
                let hit = pollster::block_on(cache.try_get(7, || async { unreachable!("it is stored") }));
                assert!(hit.is_ok());
            }
        });
        assert_eq!(tier.0.looks.load(SeqCst), looks);
        allocations.push(hits.count_total);
    }
    assert_eq!(allocations[0], allocations[1]);
}
