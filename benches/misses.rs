//! What a call costs whose body runs and is ready at once.
//!
//! Every turn starts with an empty cache and keys that were never asked for.

use cached::CachedExt;
use stampede_benches::{
    budget::Budgets,
    options::Options,
    race::{Race, Scores},
    subjects::{
        BY_KEY, CONCURRENT, body, by_key, call_quick, concurrent, detached, in_place, moka, quick, raw,
    },
};
use std::{
    future::Future,
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

const ONE: &str = "miss, current-thread runtime";
const TWO: &str = "miss, 2 workers";

/// Misses in one turn; so many entries a cache has at its end.
const CALLS: u32 = 10_000;

fn main() {
    let options = Options::from_args();
    let calls = if options.measures() { CALLS.into() } else { 100 };
    let mut race = Race::new(options.clone());
    for (group, runtime) in [(ONE, one_thread as fn() -> Runtime), (TWO, two_workers)] {
        let mut group = Group { race: &mut race, name: group, runtime, calls };
        add_all(&mut group);
    }
    let scores = race.run(45);
    if options.measures() {
        scores.print();
        judge(&scores).print();
    }
}

/// A key that nobody has asked for yet.
static NEXT: AtomicU64 = AtomicU64::new(0);

struct Group<'a> {
    race: &'a mut Race,
    name: &'static str,
    runtime: fn() -> Runtime,
    calls: u64,
}

fn add_all(group: &mut Group<'_>) {
    let (raw, moka, quick) =
        (raw::<u64>(), moka::<u64>(u64::from(2 * CALLS)), quick::<u64>(2 * CALLS as usize));
    group.add("stampede", detached, async || detached::clear());
    group.add("stampede in place", in_place, async || in_place::clear());
    group.add("stampede raw", move |id| raw.get(id, move || body(id)), async || raw.clear());
    group.add("cached by_key", by_key, async || BY_KEY.write().await.clear());
    group.add("cached concurrent", concurrent, async || {
        CONCURRENT.get().inspect(|cache| cache.clear());
    });
    group.add(
        "moka",
        move |id| moka.get_with(id, async move { body(id).await }),
        async || {
            moka.invalidate_all();
            while moka.entry_count() > 0 {
                moka.run_pending_tasks().await;
            }
        },
    );
    group.add("quick_cache", move |id| call_quick(quick, id), async || quick.clear());
}

impl Group<'_> {
    fn add<F>(
        &mut self,
        name: &'static str,
        call: impl Fn(u64) -> F + Copy + Send + Sync + 'static,
        clear: impl AsyncFn() + 'static,
    ) where
        F: Future<Output = u64> + Send + 'static,
    {
        let runtime = (self.runtime)();
        self.race.add_with_calls(self.name, name, self.calls, move |calls| {
            runtime.block_on(clear());
            let first = NEXT.fetch_add(calls, Ordering::Relaxed);
            let ids = first..first + calls;
            // A task, so that on a runtime with workers the calls are made by one of them.
            runtime.block_on(runtime.spawn(miss_each(ids, call))).expect("calls do not panic")
        });
    }
}

async fn miss_each<F: Future<Output = u64> + Send + 'static>(
    ids: std::ops::Range<u64>,
    call: impl Fn(u64) -> F + Send + Sync,
) -> Duration {
    let start = Instant::now();
    for id in ids {
        black_box(call(id).await);
    }
    start.elapsed()
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime without workers")
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("two threads can be started")
}

fn judge(scores: &Scores) -> Budgets {
    let mut budgets = Budgets::new();
    for group in [ONE, TWO] {
        for (mine, peer, limit) in [("stampede", "moka", 0.5), ("stampede in place", "quick_cache", 1.8)] {
            let measured = scores.ratio((group, mine), (group, peer));
            budgets.at_most(&format!("{group}: {mine} × {peer}"), limit, measured);
        }
    }
    budgets
}
