//! How calls are made in a turn.

use std::{
    future::Future,
    hint::black_box,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

/// One thread, the same argument in every call.
pub(crate) fn one_thread<A, F>(argument: A, call: impl Fn(A) -> F) -> impl FnMut(u64) -> Duration
where
    A: Copy,
    F: Future,
{
    let runtime = runtime();
    move |calls| {
        runtime.block_on(call(argument));
        runtime.block_on(repeat(calls, || argument, &call))
    }
}

/// Two threads make the same number of calls each; the time is that of one thread.
///
/// Their turns are longer than those of one thread: both have to run at the same time for most of it.
pub(crate) fn two_threads<A, F>(
    argument: A,
    call: impl Fn(A) -> F + Copy + Send + Sync,
) -> impl FnMut(u64) -> Duration
where
    A: Copy + Send + Sync,
    F: Future,
{
    move |calls| {
        runtime().block_on(call(argument));
        let start = Barrier::new(2);
        let longer: u32 = 8;
        let thread = || {
            let runtime = runtime();
            start.wait();
            runtime.block_on(repeat(u64::from(longer) * calls, || argument, &call))
        };
        thread::scope(|scope| {
            let other = scope.spawn(thread);
            let mine = thread();
            (mine + other.join().expect("calls do not panic")) / 2 / longer
        })
    }
}

/// One thread, the keys below `count` in no order. Before the first turn there is a call with each.
pub(crate) fn any_of<F: Future>(count: u64, call: impl Fn(u64) -> F) -> impl FnMut(u64) -> Duration {
    // Others have used the machine's caches meanwhile; what fits into them is fetched before the clock runs.
    const FETCHED: u64 = 10_000;
    let runtime = runtime();
    let mut filled = false;
    let mut seed = 1_u64;
    move |calls| {
        let known = if filled { count.min(FETCHED) } else { count };
        filled = true;
        runtime.block_on(async {
            for id in 0..known {
                black_box(call(id).await);
            }
        });
        let next = || {
            seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            ((seed >> 32) * count) >> 32
        };
        runtime.block_on(repeat(calls, next, &call))
    }
}

async fn repeat<A, F: Future>(
    calls: u64,
    mut argument: impl FnMut() -> A,
    call: &impl Fn(A) -> F,
) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call(black_box(argument())).await);
    }
    start.elapsed()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime without workers")
}
