//! All that may happen to a key at the same time, on two runtimes and a thread, in many rounds: loads end, callers leave,
//! entries expire, and keys are invalidated, put in by hand and cleared meanwhile (C1, C3, I1, I2, X1 to X4, M4, S1).

use stampede_tests::{
    field::{
        Cached, Counted, Dice, End, Field, InPlace, KEYS, Load, Takes, Value, lock, silence_expected_panics,
    },
    run_size,
};
use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    task::{JoinSet, yield_now},
    time::sleep,
};

/// Shorter than a round, so that entries expire in the middle of it.
const TTL: Duration = Duration::from_micros(300);

/// Fewer than the keys that a few rounds use: entries make room.
const CAPACITY: u64 = 4;

fn caches() -> [Arc<Field>; 3] {
    let plain = || Cached::builder().name("races").load_timeout(Duration::from_millis(20)).capacity(CAPACITY);
    let stale = plain().ttl(TTL).stale_while_revalidate(TTL).stale_if_error(4 * TTL).err_ttl(TTL).jitter(0.5);
    [
        Field::new("expiring", CAPACITY, plain().ttl(TTL).build()),
        Field::new("lasting", CAPACITY, plain().ttl(Duration::from_secs(60)).build()),
        Field::new("stale", CAPACITY, stale.build_sharing_errors()),
    ]
}

fn in_many_rounds(runtime: fn() -> Runtime) {
    silence_expected_panics();
    let (fields, runtimes) = (caches(), [runtime(), runtime()]);
    for round in 0..run_size(1_500, 150_000) {
        let mut dice = Dice::new(round);
        let field = &fields[usize::try_from(dice.roll() % 3).expect("small")];
        // A key that nobody has used lately, and one that all rounds use.
        let keys = [round % (KEYS - 1) + 1, 0];
        let (start, busy) = (Barrier::new(3), AtomicUsize::new(runtimes.len()));
        thread::scope(|scope| {
            for runtime in &runtimes {
                let (start, busy, dice) = (&start, &busy, Dice::new(dice.roll()));
                scope.spawn(move || {
                    start.wait();
                    runtime.block_on(async {
                        call_and_leave(field, keys, dice).await;
                        busy.fetch_sub(1, SeqCst);
                        // Calls of the other runtime may wait for loads of this one.
                        while busy.load(SeqCst) > 0 {
                            sleep(TTL).await;
                        }
                    });
                });
            }
            start.wait();
            cut(field, keys, &mut dice);
        });
        assert_rest(field, round, &runtimes);
        for key in keys {
            runtimes[0].block_on(last_call(field, key));
        }
        assert_rest(field, round, &runtimes);
    }
}

/// Some calls at once, of which some go away before they have an answer.
async fn call_and_leave(field: &Arc<Field>, keys: [u64; 2], mut dice: Dice) {
    let mut calls = JoinSet::new();
    for _ in 0..4 {
        let key = keys[usize::from(dice.below(4) == 0)];
        let own = Dice::new(dice.roll());
        calls.spawn(call(Arc::clone(field), key, own));
    }
    if dice.below(4) == 0 {
        turns(dice.below(6)).await;
        calls.abort_all();
    }
    while calls.join_next().await.is_some() {}
}

async fn call(field: Arc<Field>, key: u64, mut dice: Dice) {
    turns(dice.below(4)).await;
    let counted = Counted::new(&field.calls);
    let since = field.since(key);
    let end = match dice.below(100) {
        0..65 => End::Value,
        65..87 => End::Failure,
        87..99 => End::Panic,
        _ => End::Never,
    };
    let takes = if dice.below(4) == 0 { Takes::Nothing } else { Takes::Turns(dice.below(6)) };
    let load = Load { field: Arc::clone(&field), since, end, takes };
    let how = dice.below(5);
    let (of_call, in_place) = (Arc::clone(&field), InPlace(Arc::clone(&field)));
    let call = async move {
        match how {
            0 => of_call.cache.try_get_fresh(key, || load.run()).await,
            1 | 2 => in_place.get(key, load).await,
            _ => of_call.cache.try_get(key, || load.run()).await,
        }
    };
    // A load that never ends is left by its callers now and then, and else ended by the cache.
    let output = if dice.below(3) == 0 {
        tokio::select! {
            biased;
            output = call => Some(output),
            () = turns(dice.below(8)) => None,
        }
    } else {
        Some(call.await)
    };
    if let Some(Ok(value)) = output {
        field.check(since, &value);
    }
    drop(counted);
}

/// What may happen to the keys meanwhile.
fn cut(field: &Field, keys: [u64; 2], dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        (0..dice.below(300)).for_each(|_| std::hint::spin_loop());
        let key = keys[usize::from(dice.below(4) == 0)];
        match dice.below(9) {
            0..4 => field.invalidate(key),
            4..7 => field.insert(key),
            7 => field.clear(),
            // Entries expire.
            _ => thread::sleep(TTL),
        }
    }
}

/// A call that comes after all of them: it gets something that no cut was to take away.
async fn last_call(field: &Arc<Field>, key: u64) {
    let start = Instant::now();
    loop {
        let counted = Counted::new(&field.calls);
        let since = field.since(key);
        let load = Load { field: Arc::clone(field), since, end: End::Value, takes: Takes::Nothing };
        let output = field.cache.try_get(key, || load.run()).await;
        drop(counted);
        if let Ok(value) = output {
            return field.check(since, &value);
        }
        // An error may be kept for a moment, and a busy machine may start a load too late.
        assert!(start.elapsed() < Duration::from_secs(20), "{}: {key} can't be loaded any more", field.name);
        sleep(TTL).await;
    }
}

fn assert_rest(field: &Field, round: u64, runtimes: &[Runtime]) {
    let start = Instant::now();
    let is_busy = || field.cache.in_flight() > 0 || field.cache.stats().in_flight > 0;
    while is_busy() {
        assert!(start.elapsed() < Duration::from_secs(20), "M4: round {round}: {:?}", field.cache.stats());
        // Loads whose callers have left are not polled else.
        for runtime in runtimes {
            runtime.block_on(turns(2));
        }
    }
    assert_eq!(*lock(&field.violations), Vec::<String>::new(), "round {round}");
    let (calls, stats) = (&field.calls, field.cache.stats());
    assert_eq!(calls.begun.load(SeqCst), calls.over.load(SeqCst));
    stampede_tests::assert_sums(&stats, calls.begun.load(SeqCst));
    assert!(stats.entries <= CAPACITY, "M1: round {round}: {stats:?}");
}

async fn turns(turns: u64) {
    for _ in 0..turns {
        yield_now().await;
    }
}

#[test]
fn on_runtimes_of_one_thread() {
    in_many_rounds(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));
}

#[test]
fn on_runtimes_of_two_threads() {
    in_many_rounds(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"));
}

// C1, I1: what finds no violation says nothing, unless it finds one that is there.
#[test]
fn a_value_from_before_a_cut_is_seen() {
    let field = Field::new("watched", 1, Cached::builder().ttl(Duration::from_secs(60)).build());
    let old = Value::new(7, field.load_starts(field.since(7)).time());
    field.invalidate(7);
    field.check(field.since(7), &old);
    assert!(lock(&field.violations)[0].contains("I1"), "{:?}", field.violations);
    let (one, two) = (field.load_starts(field.since(7)), field.load_starts(field.since(7)));
    assert!(lock(&field.violations)[1].contains("C1"), "{:?}", field.violations);
    drop((one, two));
}
