//! What a call costs whose body runs and is ready at once.
//!
//! With keys that were never asked for, in a cache that is emptied when it holds ten thousand entries. A turn is a part of that: a
//! turn that is longer than a scheduler's slice has the work of others in it.

use cached::CachedExt;
use stampede_benches::{
    budget::Budgets,
    groups::{MISS, MISS_TWO},
    options::Options,
    race::{Race, Scores},
    subjects::{
        BY_KEY, CONCURRENT, body, by_key, call_foyer, call_quick, concurrent, detached, foyer, in_place,
        moka, quick, raw,
    },
};
use std::{
    future::Future,
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

/// Misses in one turn.
const CALLS: u64 = 1_000;

/// So many entries a cache has at most.
const ENTRIES: u64 = 10_000;

fn main() {
    let options = Options::from_args();
    let calls = if options.measures() { CALLS } else { 100 };
    let mut race = Race::new(options.clone());
    for (group, runtime) in [(MISS, one_thread as fn() -> Runtime), (MISS_TWO, two_workers)] {
        let mut group = Group { race: &mut race, name: group, runtime, calls };
        add_all(&mut group);
    }
    let scores = race.run(300);
    if options.measures() {
        scores.finish();
        judge(&scores).finish();
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
    const CAPACITY: usize = 20_000;
    let (raw, moka, quick, foyer) =
        (raw::<u64, u64>(), moka::<u64, u64>(CAPACITY as u64), quick(CAPACITY), foyer(CAPACITY));
    group.add("stampede", detached, async || detached::clear());
    group.add("stampede in place", in_place, async || in_place::clear());
    group.add("stampede raw", move |id| raw.get(id, move || body(id)), async || raw.clear());
    group.add("quick_cache", move |id| call_quick(quick, id), async || quick.clear());
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
    group.add("foyer", move |id| call_foyer(foyer, id), async || foyer.clear());
    group.add("cached concurrent", concurrent, async || {
        CONCURRENT.get().inspect(|cache| cache.clear());
    });
    group.add("cached by_key", by_key, async || BY_KEY.write().await.clear());
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
        let mut entries = ENTRIES;
        self.race.add_with_calls(self.name, name, self.calls, move |calls| {
            if entries + calls > ENTRIES {
                runtime.block_on(clear());
                entries = 0;
            }
            entries += calls;
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
    for group in [MISS, MISS_TWO] {
        for (mine, peer, limit) in [("stampede", "moka", 0.5), ("stampede in place", "quick_cache", 1.8)] {
            let measured = scores.ratio((group, mine), (group, peer));
            budgets.at_most(&format!("{group}: {mine} × {peer}"), limit, measured);
        }
    }
    budgets
}
