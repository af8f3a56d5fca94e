//! Loads that are driven in place and met by others in their first poll: until then the key is only claimed (`flight/claims.rs`).
//!
//! The first poll of these loads blocks its thread until the test lets it go on, so each call has a thread of its own.

use stampede::{Cache, stampede};
use stampede_tests::{assert_sums, unique};
use std::{
    future::Future,
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    pin::{Pin, pin},
    sync::{
        Arc, Barrier, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Waker},
    thread,
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Notify,
};

fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "what the test waits for does not happen");
        thread::yield_now();
    }
}

fn on_a_runtime<F: Future>(call: F) -> F::Output {
    runtime().block_on(call)
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// A call whose load has come to the end of its first poll, and waits.
fn polled_once<F: Future>(call: F) -> Pin<Box<F>> {
    let mut call = Box::pin(call);
    let runtime = runtime();
    let _entered = runtime.enter();
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    call
}

/// How a load ends, once it may.
#[derive(Clone, Copy, Debug)]
enum End {
    Value(u64),
    Error,
    Panic,
}

/// A load that is held in its first poll.
#[derive(Debug)]
struct Held {
    end: End,
    starts: AtomicUsize,
    is_open: AtomicBool,
}

impl Held {
    fn new(end: End) -> Self {
        Self { end, starts: AtomicUsize::new(0), is_open: AtomicBool::new(false) }
    }

    /// One that is not held.
    fn open(end: End) -> Self {
        Self { is_open: AtomicBool::new(true), ..Self::new(end) }
    }

    fn run(&self) -> Result<u64, String> {
        self.starts.fetch_add(1, SeqCst);
        until(|| self.is_open.load(SeqCst));
        match self.end {
            End::Value(value) => Ok(value),
            End::Error => Err("failed".to_owned()),
            End::Panic => panic_any("panicked".to_owned()),
        }
    }

    fn let_go(&self) {
        self.is_open.store(true, SeqCst);
    }

    fn starts(&self) -> usize {
        self.starts.load(SeqCst)
    }
}

/// Makes a function, so that each test has a cache of its own, and the sums of its statistics.
macro_rules! held {
    ($name:ident) => {
        #[stampede(ttl = "60s", skip(load))]
        fn $name(id: u64, load: &Held) -> Result<u64, String> {
            let _ = id;
            load.run()
        }
    };
}

held!(shared);

// C1, C2, S1
#[test]
fn who_comes_in_the_first_poll_gets_what_it_comes_to() {
    for end in [End::Value(7), End::Error] {
        let (id, load, before) = (unique(), Held::new(end), shared::stats());
        thread::scope(|scope| {
            let calls: Vec<_> = (0..4).map(|_| scope.spawn(|| shared(id, &load))).collect();
            until(|| shared::stats().coalesced == before.coalesced + 3);
            assert_eq!(shared::cache().in_flight(), 1);
            load.let_go();
            for call in calls {
                assert_eq!(call.join().unwrap(), load.run());
            }
        });
        assert_eq!(shared::stats().loads, before.loads + 1);
        assert_eq!(shared::peek(&id), matches!(end, End::Value(_)).then(|| load.run()));
    }
    assert_sums(&shared::stats(), 8);
}

held!(panicking);

// X3
#[test]
fn who_comes_in_the_first_poll_panics_with_it() {
    let (id, load) = (unique(), Held::new(End::Panic));
    let messages = thread::scope(|scope| {
        let call = || catch_unwind(AssertUnwindSafe(|| panicking(id, &load))).unwrap_err();
        let calls: Vec<_> = (0..3).map(|_| scope.spawn(call)).collect();
        until(|| panicking::stats().coalesced == 2);
        load.let_go();
        let payloads = calls.into_iter().map(|call| *call.join().unwrap().downcast::<String>().unwrap());
        payloads.collect::<Vec<_>>()
    });
    assert_eq!(messages.iter().filter(|message| *message == "panicked").count(), 1, "{messages:?}");
    assert!(messages.iter().all(|message| message.contains("panicked")), "{messages:?}");
    assert_eq!((load.starts(), panicking::cache().in_flight()), (1, 0));
    assert_sums(&panicking::stats(), 3);
}

held!(cut);

/// Does something to a key while a load of it is held that others wait for; returns what a call finds afterwards.
fn meanwhile(act: impl Fn(u64), is_stored: bool) -> Option<Result<u64, String>> {
    let (id, load, next) = (unique(), Held::new(End::Value(1)), Held::new(End::Value(2)));
    let before = cut::stats().coalesced;
    thread::scope(|scope| {
        let calls = [scope.spawn(|| cut(id, &load)), scope.spawn(|| cut(id, &load))];
        until(|| cut::stats().coalesced == before + 1);
        act(id);
        assert_eq!(cut::cache().in_flight(), 0, "the load does not own its key any more");
        // I1: who comes now starts a load of its own, though the other one still runs.
        let late = scope.spawn(|| cut(id, &next));
        until(|| is_stored || next.starts() == 1);
        load.let_go();
        for call in calls {
            assert_eq!(call.join().unwrap(), Ok(1), "callers keep their outcome");
        }
        assert_eq!(cut::peek(&id), is_stored.then_some(Ok(9)), "what was cut is not stored");
        next.let_go();
        assert_eq!(late.join().unwrap(), Ok(if is_stored { 9 } else { 2 }));
    });
    assert_eq!(load.starts(), 1);
    cut::peek(&id)
}

// I1, I2
#[test]
fn a_claim_that_is_cut_brings_its_callers_what_it_comes_to_and_stores_nothing() {
    let invalidate = |id| {
        assert!(cut::invalidate(&id), "a load is in flight");
        assert!(!cut::invalidate(&id), "it does not own its key any more");
    };
    assert_eq!(meanwhile(invalidate, false), Some(Ok(2)));
    assert_eq!(meanwhile(|_| cut::clear(), false), Some(Ok(2)));
    assert_eq!(meanwhile(|id| cut::insert(id, Ok(9)), true), Some(Ok(9)));
    assert_eq!(cut::cache().in_flight(), 0);
}

static WEIGHED: LazyLock<Cache<u64, u64>> = LazyLock::new(|| {
    let cut = |id: &u64, _: &u64| {
        WEIGHED.invalidate(id);
        1
    };
    Cache::builder().ttl(Duration::from_secs(60)).capacity(10).weigher(cut).build()
});

#[stampede(cache = *WEIGHED, detach = false)]
async fn weighed(id: u64) -> u64 {
    id
}

// I1
#[test]
fn what_is_cut_while_it_is_stored_is_not_shown() {
    assert_eq!(on_a_runtime(weighed(1)), 1);
    assert_eq!((WEIGHED.peek(&1), WEIGHED.len(), WEIGHED.in_flight()), (None, 0, 0));
}

held!(refreshed);

// I3
#[test]
fn a_refresh_in_the_first_poll_waits_for_it() {
    let (id, load) = (unique(), Held::new(End::Value(1)));
    thread::scope(|scope| {
        let call = scope.spawn(|| refreshed(id, &load));
        until(|| load.starts() == 1);
        let refresh = scope.spawn(|| refreshed::refresh(id, &load));
        until(|| refreshed::stats().coalesced == 1);
        load.let_go();
        assert_eq!([call.join().unwrap(), refresh.join().unwrap()], [Ok(1), Ok(1)]);
    });
    assert_eq!(load.starts(), 1);
}

/// All keys have one hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Colliding(u64);

impl Hash for Colliding {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(0);
    }
}

#[stampede(ttl = "60s", skip(load))]
fn colliding(key: Colliding, load: &Held) -> Result<u64, String> {
    load.run().map(|value| value + key.0)
}

// C1: no claims are made where a `Hash` tells nothing apart.
#[stampede(ttl = "60s")]
fn counting(key: Colliding) -> u64 {
    let before = key.0.checked_sub(1);
    // On another thread, which is in no load.
    let before =
        before.map(|key| thread::scope(|scope| scope.spawn(|| counting(Colliding(key))).join().unwrap()));
    before.map_or(0, |before| before + 1)
}

#[stampede(ttl = "60s")]
fn recursive(key: Colliding) -> u64 {
    key.0.checked_sub(1).map_or(0, |key| recursive(Colliding(key)) + 1)
}

#[test]
fn loads_may_wait_for_other_keys_of_their_hash() {
    assert_eq!((recursive(Colliding(20)), counting(Colliding(20))), (20, 20));
    assert_eq!((recursive::stats().loads, counting::stats().loads), (21, 21));
}

// C1
#[test]
fn keys_of_one_hash_are_told_apart() {
    for end in [End::Value(0), End::Error, End::Panic] {
        colliding::clear();
        let before = colliding::stats();
        let (load, others) = (Held::new(end), [1, 2].map(|key| (key, Held::open(End::Value(0)))));
        thread::scope(|scope| {
            let call = || catch_unwind(AssertUnwindSafe(|| colliding(Colliding(0), &load)));
            let first = scope.spawn(call);
            until(|| load.starts() == 1);
            let mine = scope.spawn(call);
            let theirs = others.iter().flat_map(|(key, load)| {
                [0, 1].map(|_| (*key, scope.spawn(move || colliding(Colliding(*key), load))))
            });
            let theirs: Vec<_> = theirs.collect();
            until(|| colliding::stats().coalesced > before.coalesced);
            // They do not wait for the load of the first key.
            for (key, call) in theirs {
                assert_eq!(call.join().unwrap(), Ok(key));
            }
            load.let_go();
            let (first, mine) = (first.join().unwrap(), mine.join().unwrap());
            assert_eq!(first.as_ref().ok(), mine.as_ref().ok());
            assert_eq!(first.is_ok(), !matches!(end, End::Panic));
        });
        assert_eq!([&load, &others[0].1, &others[1].1].map(Held::starts), [1, 1, 1], "{end:?}");
        assert_eq!(colliding::cache().in_flight(), 0);
    }
}

static MEETING: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));

#[stampede(name = "crossing", ttl = "60s")]
fn crossing(id: u64, other: u64) -> u64 {
    // Both loads are in their first poll.
    MEETING.wait();
    crossing(other, id)
}

// X5
#[test]
fn loads_that_wait_for_each_other_in_their_first_poll_panic_with_the_chain() {
    let (id, other) = (unique(), unique());
    let calls = [(id, other), (other, id)]
        .map(|(id, other)| thread::spawn(move || catch_unwind(|| crossing(id, other)).unwrap_err()));
    for call in calls {
        let message = *call.join().unwrap().downcast::<String>().expect("a message");
        let names = [format!("crossing({id}, {other})"), format!("crossing({other}, {id})")];
        assert!(names.iter().all(|name| message.contains(name)), "{message}");
    }
    assert_eq!(crossing::cache().in_flight(), 0);
}

macro_rules! waiting {
    ($name:ident) => {
        #[stampede(ttl = "60s", detach = false, skip(load, notify))]
        async fn $name(id: u64, load: &Held, notify: &Notify) -> Result<u64, String> {
            let _ = id;
            let output = load.run();
            notify.notified().await;
            output
        }
    };
}

waiting!(waiting);

// C1, X2
#[test]
fn a_load_that_has_to_wait_is_a_flight_from_then_on() {
    let notify = Notify::new();
    for is_dropped in [false, true] {
        let (id, load, own) = (unique(), Held::new(End::Value(1)), Held::open(End::Value(2)));
        let before = waiting::stats();
        thread::scope(|scope| {
            // Who came in the first poll, and who came after it.
            let waits = || on_a_runtime(waiting(id, &own, &notify));
            let leader = scope.spawn(|| polled_once(waiting(id, &load, &notify)));
            until(|| load.starts() == 1);
            let first = scope.spawn(waits);
            until(|| waiting::stats().coalesced == before.coalesced + 1);
            load.let_go();
            let leader = leader.join().unwrap();
            let second = scope.spawn(waits);
            until(|| waiting::stats().coalesced == before.coalesced + 2);
            assert_eq!((waiting::cache().in_flight(), own.starts()), (1, 0));
            let expected = if is_dropped {
                drop(leader);
                // One of them takes over.
                until(|| own.starts() == 1);
                notify.notify_one();
                Ok(2)
            } else {
                notify.notify_one();
                assert_eq!(on_a_runtime(leader), Ok(1));
                Ok(1)
            };
            assert_eq!([first.join().unwrap(), second.join().unwrap()], [expected.clone(), expected]);
        });
        let loads = waiting::stats().loads - before.loads;
        assert_eq!((loads, waiting::cache().in_flight()), (1 + u64::from(is_dropped), 0));
    }
    assert_sums(&waiting::stats(), 6);
}

waiting!(waiting_cut);

// I1
#[test]
fn a_load_that_is_cut_before_it_has_to_wait_stays_cut() {
    let (id, load, notify) = (unique(), Held::new(End::Value(1)), Notify::new());
    thread::scope(|scope| {
        let call = scope.spawn(|| polled_once(waiting_cut(id, &load, &notify)));
        until(|| load.starts() == 1);
        assert!(waiting_cut::invalidate(&id));
        load.let_go();
        let call = call.join().unwrap();
        assert_eq!(waiting_cut::cache().in_flight(), 0);
        notify.notify_one();
        assert_eq!(on_a_runtime(call), Ok(1));
    });
    assert_eq!(waiting_cut::peek(&id), None);
}

/// A key of which so many clones can be made before one panics.
#[derive(Debug)]
struct Fragile(u64, Arc<AtomicUsize>);

impl Clone for Fragile {
    fn clone(&self) -> Self {
        let clones = self.1.fetch_update(SeqCst, SeqCst, |clones| clones.checked_sub(1));
        clones.unwrap_or_else(|_| panic_any("no clone".to_owned()));
        Self(self.0, Arc::clone(&self.1))
    }
}

impl PartialEq for Fragile {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Fragile {}

impl Hash for Fragile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[stampede(ttl = "60s", detach = false, skip(notify))]
async fn fragile(key: Fragile, notify: &Notify) -> u64 {
    notify.notified().await;
    key.0
}

// C4: whichever of its clones panics.
#[test]
fn a_key_that_can_not_be_cloned_keeps_no_flight() {
    for waits in [false, true] {
        let mut panics = 0;
        for clones in 0..8 {
            let (id, notify) = (unique(), Notify::new());
            let key = |clones| Fragile(id, Arc::new(AtomicUsize::new(clones)));
            if !waits {
                notify.notify_one();
            }
            let call = || {
                let mut call = pin!(fragile(key(clones), &notify));
                if waits {
                    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                    assert!(polled.is_pending());
                    notify.notify_one();
                }
                on_a_runtime(call)
            };
            match catch_unwind(AssertUnwindSafe(call)) {
                Ok(value) => assert_eq!(value, id),
                Err(payload) => {
                    assert!(payload.is::<String>());
                    panics += 1;
                }
            }
            assert_eq!(fragile::cache().in_flight(), 0, "after {clones} clones");
            notify.notify_one();
            assert_eq!(on_a_runtime(fragile(key(8), &notify)), id);
        }
        assert!((1..8).contains(&panics), "{panics} calls panicked");
    }
    // S1
    let stats = fragile::stats();
    let ends = stats.loads_ok + stats.loads_err + stats.loads_panicked + stats.loads_abandoned;
    assert_eq!((stats.loads, stats.in_flight), (ends, 0), "{stats:?}");
}

#[stampede(ttl = "60s", detach = false, skip(load))]
fn boxed(id: u64, load: &Held) -> Pin<Box<dyn Future<Output = Result<u64, String>> + Send + '_>> {
    let _ = id;
    let output = load.run();
    Box::pin(async move { output })
}

// X3: what panics before there is a body is the panic of that call alone.
#[test]
fn who_waits_for_a_claim_whose_body_is_never_made_starts_over() {
    let (id, load, own) = (unique(), Held::new(End::Panic), Held::open(End::Value(2)));
    thread::scope(|scope| {
        let call = scope.spawn(|| catch_unwind(AssertUnwindSafe(|| on_a_runtime(boxed(id, &load)))));
        until(|| load.starts() == 1);
        let waits = scope.spawn(|| on_a_runtime(boxed(id, &own)));
        until(|| boxed::stats().coalesced == 1 || own.starts() == 1);
        load.let_go();
        call.join().unwrap().unwrap_err();
        assert_eq!(waits.join().unwrap(), Ok(2));
    });
    assert_eq!(boxed::cache().in_flight(), 0);
}

static BOTH: LazyLock<Cache<u64, u64>> =
    LazyLock::new(|| Cache::builder().ttl(Duration::from_secs(60)).build());

#[stampede(cache = *BOTH, detach = false, skip(load))]
async fn both(id: u64, load: &Held) -> u64 {
    let _ = id;
    load.run().unwrap()
}

// C1: of one cache some loads are tasks and others are driven in place.
#[test]
fn flights_that_were_in_the_air_before_the_first_claim_are_joined() {
    let runtime = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let notify = Arc::new(Notify::new());
    let (id, own, other) = (unique(), Held::open(End::Value(2)), Held::new(End::Value(3)));
    let task = runtime.spawn({
        let notify = Arc::clone(&notify);
        BOTH.get(id, || async move {
            notify.notified().await;
            1
        })
    });
    until(|| BOTH.in_flight() == 1);
    thread::scope(|scope| {
        // The first claim of the cache, on another key.
        let claims = scope.spawn(|| on_a_runtime(both(id + 1_000_000, &other)));
        until(|| other.starts() == 1);
        assert_eq!(BOTH.in_flight(), 2);
        let mut joins = pin!(both(id, &own));
        assert!(joins.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let mut task = pin!(BOTH.get(id + 1_000_000, || async { unreachable!("it is claimed") }));
        let _entered = runtime.enter();
        assert!(task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        other.let_go();
        assert_eq!((claims.join().unwrap(), runtime.block_on(task)), (3, 3));
        notify.notify_one();
        assert_eq!(runtime.block_on(joins), 1);
    });
    assert_eq!(runtime.block_on(task).unwrap(), 1);
    assert_eq!((own.starts(), BOTH.in_flight(), BOTH.len()), (0, 0, 2));
}
