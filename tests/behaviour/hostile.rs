//! Keys and values whose own code panics or calls back (C4).

use futures::FutureExt;
use stampede::{Cache, stampede};
use stampede_tests::soon;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

/// A value that panics when it is cloned, while it is told to.
#[derive(Debug)]
struct Brittle {
    value: u8,
    breaks: Arc<AtomicBool>,
}

impl Clone for Brittle {
    fn clone(&self) -> Self {
        assert!(!self.breaks.load(SeqCst), "a clone that panics");
        Self { value: self.value, breaks: Arc::clone(&self.breaks) }
    }
}

const TTL: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_clone_that_panics_harms_that_call_only() {
    // C4
    let breaks = Arc::new(AtomicBool::new(false));
    let cache: Cache<u8, Brittle> = Cache::builder().ttl(TTL).build();
    cache.insert(1, Brittle { value: 7, breaks: Arc::clone(&breaks) });
    breaks.store(true, SeqCst);
    let hit = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get(1, || async { unreachable!("it is stored") }).await.value }
    });
    assert!(hit.await.expect_err("it panics").is_panic());
    breaks.store(false, SeqCst);
    assert_eq!(cache.peek(&1).map(|brittle| brittle.value), Some(7));
}

#[tokio::test]
async fn a_clone_that_panics_at_the_landing_costs_the_entry_only() {
    // C4, M4
    let breaks = Arc::new(AtomicBool::new(true));
    let cache: Cache<u8, Brittle> = Cache::builder().ttl(TTL).build();
    let load = {
        let breaks = Arc::clone(&breaks);
        || async move { Brittle { value: 7, breaks } }
    };
    let brittle = soon(cache.get(1, load)).await;
    assert_eq!(brittle.value, 7);
    assert_eq!((cache.in_flight(), cache.len()), (0, 0));
}

#[stampede(ttl = "60s", skip(part))]
async fn by_part(id: u8, part: &Brittle) -> u8 {
    let _ = id;
    part.value
}

#[tokio::test]
async fn an_argument_that_panics_on_its_way_to_the_load_harms_that_call_only() {
    // C4, M4: it is cloned when the call has a flight, and before there is a load.
    let part = Brittle { value: 7, breaks: Arc::new(AtomicBool::new(true)) };
    let call = catch_unwind(AssertUnwindSafe(|| by_part(1, &part).now_or_never()));
    assert!(call.is_err(), "it panics");
    let stats = by_part::stats();
    assert_eq!((by_part::cache().in_flight(), stats.loads, stats.leads), (0, 0, 1), "{stats:?}");
    part.breaks.store(false, SeqCst);
    assert_eq!(soon(by_part(1, &part)).await, 7);
}

/// A value that panics when it is dropped.
#[derive(Clone)]
struct Bomb(Arc<AtomicUsize>);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
        assert!(std::thread::panicking(), "a drop that panics");
    }
}

#[tokio::test]
async fn a_drop_that_panics_harms_nobody_else() {
    // C4
    let drops = Arc::new(AtomicUsize::new(0));
    let cache: Cache<u32, Bomb> = Cache::builder().ttl(TTL).build();
    for key in 0..100 {
        cache.insert(key, Bomb(Arc::clone(&drops)));
    }
    for key in 0..100 {
        cache.insert(key, Bomb(Arc::clone(&drops)));
    }
    for key in 0..50 {
        assert!(cache.invalidate(&key));
    }
    cache.clear();
    assert_eq!(cache.len(), 0);
    drop(cache);
    assert_eq!(drops.load(SeqCst), 200);
}

/// A value that calls back into its cache when it is dropped.
#[derive(Clone)]
struct CallsBack(Arc<OnceLock<Cache<u8, CallsBack>>>, u8);

impl Drop for CallsBack {
    fn drop(&mut self) {
        if let Some(cache) = self.0.get() {
            assert!(cache.in_flight() < 2);
            cache.invalidate(&self.1.wrapping_add(1));
            assert!(cache.len() <= 100);
        }
    }
}

#[tokio::test]
async fn a_drop_may_call_back_into_its_cache() {
    // C4: no lock is held meanwhile.
    let home = Arc::new(OnceLock::new());
    let cache: Cache<u8, CallsBack> = Cache::builder().ttl(TTL).build();
    assert!(home.set(cache.clone()).is_ok(), "set once");
    for round in 0..3 {
        for key in 0..100 {
            let home = Arc::clone(&home);
            soon(cache.get(key, move || async move { CallsBack(home, key) })).await;
            cache.insert(key, CallsBack(Arc::clone(&cache.peek(&key).expect("stored").0), key));
        }
        if round == 1 {
            cache.clear();
        }
    }
    assert_eq!(cache.in_flight(), 0);
}

/// A key that panics when it is compared, while it is told to.
#[derive(Clone, Debug)]
struct Moody(u8, Arc<AtomicBool>);

impl PartialEq for Moody {
    fn eq(&self, other: &Self) -> bool {
        assert!(!self.1.load(SeqCst), "a comparison that panics");
        self.0 == other.0
    }
}

impl Eq for Moody {}

impl std::hash::Hash for Moody {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u8(0);
    }
}

#[tokio::test]
async fn a_comparison_that_panics_harms_that_call_only() {
    // C4, M4
    let moody = Arc::new(AtomicBool::new(false));
    let cache: Cache<Moody, u8> = Cache::builder().ttl(TTL).build();
    let key = |number| Moody(number, Arc::clone(&moody));
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let waiting = {
        let (cache, key, gate) = (cache.clone(), key(1), Arc::clone(&gate));
        tokio::spawn(
            async move { cache.get(key, || async move { gate.acquire().await.map_or(0, |_| 1) }).await },
        )
    };
    stampede_tests::until(|| cache.in_flight() == 1).await;
    cache.insert(key(2), 2);
    moody.store(true, SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| cache.peek(&key(3)))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| cache.invalidate(&key(1)))).is_err());
    let call = {
        let (cache, key) = (cache.clone(), key(3));
        tokio::spawn(async move { cache.get(key, || async { 3 }).await })
    };
    assert!(soon(call).await.expect_err("it panics").is_panic());
    moody.store(false, SeqCst);
    gate.add_permits(1);
    assert_eq!(soon(waiting).await.expect("no panic"), 1);
    assert_eq!(soon(cache.get(key(3), || async { 3 })).await, 3);
    assert_eq!(cache.in_flight(), 0);
}

/// A key that panics when it is dropped, while it is told to.
#[derive(Clone, Debug)]
struct BombKey(u32, Arc<AtomicBool>);

impl PartialEq for BombKey {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for BombKey {}

impl std::hash::Hash for BombKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u32(self.0);
    }
}

impl Drop for BombKey {
    fn drop(&mut self) {
        assert!(!self.1.load(SeqCst) || std::thread::panicking(), "a key's drop that panics");
    }
}

#[test]
fn a_key_whose_drop_panics_harms_no_other_call_and_not_the_cache() {
    // C4: keys are dropped by whatever call reclaims them, and with the cache.
    let armed = Arc::new(AtomicBool::new(false));
    let cache: Cache<BombKey, u32> = Cache::builder().ttl(TTL).build();
    for value in 0..3 {
        for key in 0..100 {
            cache.insert(BombKey(key, Arc::clone(&armed)), value);
        }
    }
    let keys: Vec<_> = (0..100).map(|key| BombKey(key, Arc::clone(&armed))).collect();
    armed.store(true, SeqCst);
    for key in &keys[..50] {
        assert!(cache.invalidate(key));
    }
    for key in &keys[50..] {
        assert_eq!(cache.peek(key), Some(2));
    }
    cache.clear();
    drop(cache);
    armed.store(false, SeqCst);
}

/// An error that can't be made of a shared one.
#[derive(Debug)]
struct Unshareable;

impl std::fmt::Display for Unshareable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unshareable")
    }
}

impl std::error::Error for Unshareable {}

impl From<stampede::SharedError> for Unshareable {
    fn from(_: stampede::SharedError) -> Self {
        panic!("a conversion that panics")
    }
}

#[tokio::test]
async fn an_error_that_panics_when_it_is_taken_harms_that_call_only() {
    // C4: nobody hangs.
    let cache: Cache<u8, u8, Unshareable> = Cache::builder().build_sharing_errors();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let calls: Vec<_> = (0..2)
        .map(|_| {
            let (cache, gate) = (cache.clone(), Arc::clone(&gate));
            tokio::spawn(async move {
                let load = || async move {
                    let _ = gate.acquire().await;
                    Err(Unshareable)
                };
                cache.try_get(1, load).await
            })
        })
        .collect();
    stampede_tests::until(|| cache.stats().coalesced == 1).await;
    gate.add_permits(1);
    for call in calls {
        assert!(soon(call).await.expect_err("it panics").is_panic());
    }
    assert_eq!((cache.in_flight(), cache.stats().loads_err), (0, 1));
}

/// A part of a key that panics when it is dropped, once.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Fuse(u8);

static FUSE_BLOWS: AtomicBool = AtomicBool::new(false);

impl Drop for Fuse {
    fn drop(&mut self) {
        assert!(!FUSE_BLOWS.swap(false, SeqCst), "a key that panics when it is dropped");
    }
}

#[stampede(ttl = "60s", key: Fuse = Fuse(id))]
async fn by_fuse(id: u8) -> u8 {
    id
}

#[tokio::test]
async fn a_declared_key_that_panics_when_it_is_dropped_leaves_no_flight() {
    // C4, M4: the key goes after the call has boarded, and before it waits.
    FUSE_BLOWS.store(true, SeqCst);
    let call = tokio::spawn(by_fuse(1));
    assert!(call.await.expect_err("the panic is this call's").is_panic());
    assert_eq!(by_fuse::cache().in_flight(), 0);
    assert_eq!(soon(by_fuse(1)).await, 1);
    FUSE_BLOWS.store(true, SeqCst);
    let call = tokio::spawn(by_fuse::refresh(1));
    assert!(call.await.expect_err("the panic is this call's").is_panic());
    assert_eq!(by_fuse::cache().in_flight(), 0);
}
