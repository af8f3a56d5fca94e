//! How soon 10,000 calls that wait for one load have its value.
//!
//! The figure is the time from the end of the load to the end of the last call.

use cached::macros::cached;
use mimalloc::MiMalloc;
use stampede::stampede;
use stampede_benches::{
    budget::Budgets,
    groups::{WAIT, WAIT_TWO},
    options::Options,
    race::{Race, Scores},
    subjects::{foyer, moka, quick},
};
use std::{
    convert::Infallible,
    future::Future,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    time::sleep,
};

// Puts tasks of one size side by side. Where glibc puts them depends on their size and on what was there before, and decides
// over a factor of two in what ten thousand of them cost.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const WAITERS: usize = 10_000;
const LOAD: Duration = Duration::from_millis(20);
const CAPACITY: usize = 1_000;

fn main() {
    let options = Options::from_args();
    let mut race = Race::new(options.clone());
    for (group, runtime) in [(WAIT, one_thread as fn() -> Runtime), (WAIT_TWO, two_workers)] {
        add_all(&mut race, group, runtime);
    }
    let scores = race.run(25);
    if options.measures() {
        scores.finish();
        judge(&scores).finish();
    }
}

fn add_all(race: &mut Race, group: &'static str, runtime: fn() -> Runtime) {
    let (moka, quick, foyer) =
        (moka::<u64, u64>(CAPACITY as u64), quick::<u64, u64>(CAPACITY), foyer(CAPACITY));
    let mut add = |name, run: Box<dyn FnMut(u64) -> Duration>| race.add_with_calls(group, name, 1, run);
    add("stampede", Box::new(crowd(runtime(), detached)));
    add("stampede in place", Box::new(crowd(runtime(), in_place)));
    let call = async move |id: u64| {
        let Ok(value) = quick.get_or_insert_async(&id, async { Ok::<_, Infallible>(load(id).await) }).await;
        value
    };
    add("quick_cache", Box::new(crowd(runtime(), call)));
    add("moka", Box::new(crowd(runtime(), move |id| moka.get_with(id, load(id)))));
    let call = async move |id: u64| {
        let load = move || async move { Ok::<_, Infallible>(load(id).await) };
        *foyer.get_or_fetch(&id, load).await.expect("no load fails").value()
    };
    add("foyer", Box::new(crowd(runtime(), call)));
    // The other one of `cached` shares no loads.
    add("cached by_key", Box::new(crowd(runtime(), by_key)));
}

#[stampede(ttl = "1h")]
async fn detached(id: u64) -> u64 {
    load(id).await
}

#[stampede(ttl = "1h", detach = false)]
async fn in_place(id: u64) -> u64 {
    load(id).await
}

#[cached(ttl_secs = 3600, sync_writes = "by_key")]
async fn by_key(id: u64) -> u64 {
    load(id).await
}

/// A key that nobody has asked for yet; both groups call the same functions.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// When the last load ended.
static LOADED: Mutex<Option<Instant>> = Mutex::new(None);

async fn load(id: u64) -> u64 {
    sleep(LOAD).await;
    let replaced = LOADED.lock().unwrap_or_else(PoisonError::into_inner).replace(Instant::now());
    assert_eq!(replaced, None, "a second load");
    id
}

/// Lets a crowd wait for a new key.
fn crowd<F>(runtime: Runtime, call: impl Fn(u64) -> F + Copy + Send + 'static) -> impl FnMut(u64) -> Duration
where
    F: Future<Output = u64> + Send + 'static,
{
    move |_| {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        // A task, so that on a runtime with workers it is one of them that spawns.
        let served =
            runtime.block_on(runtime.spawn(wait_together(move || call(id)))).expect("calls do not panic");
        let loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner).take();
        served.duration_since(loaded.expect("a load has ended"))
    }
}

/// Tells when the last of the calls has returned. Joining the tasks comes after that, and doesn't count.
async fn wait_together<F>(call: impl Fn() -> F) -> Instant
where
    F: Future<Output = u64> + Send + 'static,
{
    let waiting = Arc::new(AtomicUsize::new(WAITERS));
    let task = |_| {
        let (call, waiting) = (call(), Arc::clone(&waiting));
        tokio::spawn(async move {
            call.await;
            (waiting.fetch_sub(1, Ordering::AcqRel) == 1).then(Instant::now)
        })
    };
    let tasks: Vec<_> = (0..WAITERS).map(task).collect();
    let mut served = None;
    for task in tasks {
        served = task.await.expect("calls do not panic").or(served);
    }
    served.expect("one call was the last")
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime without workers")
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("two threads can be started")
}

fn judge(scores: &Scores) -> Budgets {
    let mut budgets = Budgets::new();
    for group in [WAIT, WAIT_TWO] {
        for (peer, limit) in [("quick_cache", 0.8), ("moka", 0.3)] {
            let measured = scores.ratio((group, "stampede"), (group, peer));
            budgets.at_most(&format!("{group}: × {peer}"), limit, measured);
        }
    }
    budgets
}
