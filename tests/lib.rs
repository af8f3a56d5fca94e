//! What the behaviour tests share: loads that wait at a gate and count themselves, and functions that run them.

pub mod field;
#[cfg(feature = "redis")]
#[path = "tier/server.rs"]
pub mod server;

use stampede::{Cache, Stats, stampede};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// Returns a number that no other test uses as a key.
pub fn unique() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, SeqCst)
}

/// How a load ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In `Ok` of the number of this load, counted from 1.
    Value,
    /// In an `Err`.
    Error,
    /// In a panic with the payload `Payload`.
    Panic,
}

/// What a load of [`End::Panic`] panics with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload(pub u64);

/// Loads that wait at a gate, and what became of them.
#[derive(Debug)]
pub struct Probe {
    end: End,
    gate: Semaphore,
    started: AtomicUsize,
    ended: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
}

impl Probe {
    /// Loads that end this way once the gate is open.
    #[must_use]
    pub fn new(end: End) -> Arc<Self> {
        Arc::new(Self {
            end,
            gate: Semaphore::new(0),
            started: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
        })
    }

    /// The same, with the gate open from the start.
    #[must_use]
    pub fn open(end: End) -> Arc<Self> {
        let probe = Self::new(end);
        probe.open_gate();
        probe
    }

    /// Lets all loads through, now and later.
    pub fn open_gate(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    /// Runs a load.
    ///
    /// # Errors
    ///
    /// As the probe's end says.
    ///
    /// # Panics
    ///
    /// As the probe's end says.
    pub async fn load(&self) -> Result<u64, String> {
        struct Running<'a>(&'a Probe);
        impl Drop for Running<'_> {
            fn drop(&mut self) {
                self.0.running.fetch_sub(1, SeqCst);
            }
        }
        let number = self.started.fetch_add(1, SeqCst) as u64 + 1;
        self.most_running.fetch_max(self.running.fetch_add(1, SeqCst) + 1, SeqCst);
        let _running = Running(self);
        self.gate.acquire().await.expect("the gate is never closed").forget();
        self.ended.fetch_add(1, SeqCst);
        match self.end {
            End::Value => Ok(number),
            End::Error => Err(format!("load {number} failed")),
            End::Panic => std::panic::panic_any(Payload(number)),
        }
    }

    /// Loads that were started.
    #[must_use]
    pub fn started(&self) -> usize {
        self.started.load(SeqCst)
    }

    /// Loads that came to their end; the others wait or were dropped.
    #[must_use]
    pub fn ended(&self) -> usize {
        self.ended.load(SeqCst)
    }

    /// Loads that are alive.
    #[must_use]
    pub fn running(&self) -> usize {
        self.running.load(SeqCst)
    }

    /// The most loads that were ever alive at the same time.
    #[must_use]
    pub fn most_running(&self) -> usize {
        self.most_running.load(SeqCst)
    }
}

/// Runs the probe's load as a task of its own.
///
/// # Errors
///
/// As the probe's end says.
#[stampede(ttl = "60s", skip(probe))]
pub async fn detached(id: u64, probe: &Arc<Probe>) -> Result<u64, String> {
    let _ = id;
    probe.load().await
}

/// Runs the probe's load inside one of its callers.
///
/// # Errors
///
/// As the probe's end says.
#[stampede(ttl = "60s", skip(probe), detach = false)]
pub async fn driven(id: u64, probe: &Arc<Probe>) -> Result<u64, String> {
    let _ = id;
    probe.load().await
}

/// The last moment at which what lasts for `duration` is not over.
#[must_use]
pub fn just_before(duration: Duration) -> Duration {
    duration.saturating_sub(Duration::from_nanos(1))
}

/// Waits until `condition` holds.
///
/// # Panics
///
/// If it does not within 20 s.
pub async fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "what the test waits for does not happen");
        tokio::task::yield_now().await;
    }
}

/// Waits for `future`.
///
/// # Panics
///
/// If it takes more than 20 s of real time, paused or not.
pub async fn soon<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let start = Instant::now();
    std::future::poll_fn(|cx| {
        assert!(start.elapsed() < Duration::from_secs(20), "what the test waits for does not end");
        let polled = future.as_mut().poll(cx);
        if polled.is_pending() {
            // Polled again and again, so that a lost wake-up is a failure and not a hang of the test.
            cx.waker().wake_by_ref();
        }
        polled
    })
    .await
}

/// Checks the sums that hold when a cache is at rest (S1).
///
/// # Panics
///
/// If they don't.
pub fn assert_sums(stats: &Stats, calls: u64) {
    let sum = stats.hits + stats.stale + stats.coalesced + stats.leads;
    assert_eq!(sum, calls, "every call is of one kind: {stats:?}");
    let ends = stats.loads_ok + stats.loads_err + stats.loads_panicked + stats.loads_abandoned;
    assert_eq!(stats.loads, ends + stats.in_flight, "every load ends in one way: {stats:?}");
    assert_eq!(stats.in_flight, 0, "no load is left: {stats:?}");
}

/// The memory of this process that is in use, in bytes.
///
/// # Panics
///
/// If there is no `/proc/self/statm`.
#[must_use]
pub fn resident_bytes() -> usize {
    const PAGE: usize = 4_096;
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux tells what is resident");
    let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<usize>().ok());
    PAGE * pages.expect("the second number of statm")
}

/// The size of a run: `full` if the environment variable `STAMPEDE_RUNS` says so, else `small`.
#[must_use]
pub fn run_size<T>(small: T, full: T) -> T {
    if std::env::var_os("STAMPEDE_RUNS").is_some_and(|size| size == "full") { full } else { small }
}

/// Makes two tests of each scenario: on a runtime of one thread, and on one of two.
#[macro_export]
macro_rules! on_both_flavours {
    ($($(#[$meta:meta])* async fn $name:ident() $body:block)*) => {$(
        $crate::in_both_flavours! { $name { use super::*; } $(#[$meta])* $body }
    )*};
}

/// The same for one scenario, with imports of its own.
#[macro_export]
macro_rules! in_both_flavours {
    ($name:ident { $($import:item)* } $(#[$meta:meta])* $body:block) => {
        $(#[$meta])*
        mod $name {
            $(#[allow(unused_imports)] $import)*

            async fn scenario() $body

            #[tokio::test]
            async fn on_one_thread() {
                scenario().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_two_threads() {
                scenario().await;
            }
        }
    };
}

static ALIVE: AtomicUsize = AtomicUsize::new(0);
static MOST_ALIVE: AtomicUsize = AtomicUsize::new(0);

/// A value of a mebibyte that counts itself; for tests that are alone in their process.
#[derive(Debug)]
pub struct Large(Vec<u8>);

impl Large {
    /// Makes one.
    #[must_use]
    pub fn new() -> Self {
        MOST_ALIVE.fetch_max(ALIVE.fetch_add(1, SeqCst) + 1, SeqCst);
        Self(vec![1; 1 << 20])
    }

    /// How many there are.
    #[must_use]
    pub fn alive() -> usize {
        ALIVE.load(SeqCst)
    }

    /// The most that there ever were while `run` ran.
    pub fn most_alive(run: impl FnOnce()) -> usize {
        MOST_ALIVE.store(0, SeqCst);
        run();
        MOST_ALIVE.load(SeqCst)
    }
}

impl Default for Large {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Large {
    fn clone(&self) -> Self {
        let clone = Self::new();
        assert_eq!(clone.0.len(), self.0.len());
        clone
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, SeqCst);
    }
}

/// Asserts that a full cache that nobody uses any more keeps its values and no others.
///
/// # Panics
///
/// If not.
pub fn assert_keeps_no_others(cache: &Cache<u64, Large>, capacity: usize) {
    let start = Instant::now();
    while Large::alive() > capacity {
        assert!(start.elapsed() < Duration::from_secs(20), "{} values alive at rest", Large::alive());
        std::thread::yield_now();
    }
    assert_eq!((Large::alive(), cache.len()), (capacity, capacity), "none is kept when idle");
}
