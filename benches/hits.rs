//! What a call costs that is answered from the cache.

use cached::macros::{cached, concurrent_cached};
use stampede::stampede;
use stampede_benches::{
    budget::Budgets,
    options::Options,
    race::{Race, Ratio, Scores},
    subjects::{body, by_key, call_quick, concurrent, detached, in_place, moka, quick, raw},
};
use std::{
    convert::Infallible,
    future::Future,
    hint::black_box,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};
use tokio::runtime::{Builder, Runtime};

const ONE: &str = "hit, u64, 1 thread";
const TWO: &str = "hit, u64, 2 threads on one key";
const PAIR: &str = "hit, (u64, &str), 1 thread";
const TEXT: &str = "hit, &str, 1 thread";

const CAPACITY: usize = 10_000;
const ID: u64 = 7;
const LANGUAGE: &str = "en-GB";

fn main() {
    let options = Options::from_args();
    let mut race = Race::new(options.clone());
    add_ids(&mut race);
    add_pairs(&mut race);
    add_texts(&mut race);
    let scores = race.run(301);
    if options.measures() {
        scores.print();
        judge(&scores).print();
    }
}

fn add_ids(race: &mut Race) {
    let (raw, moka, quick) = (raw::<u64>(), moka::<u64>(CAPACITY as u64), quick::<u64>(CAPACITY));
    add_id(race, "stampede", detached);
    add_id(race, "stampede in place", in_place);
    add_id(race, "stampede raw", move |id| raw.get(id, move || body(id)));
    add_id(race, "cached by_key", by_key);
    add_id(race, "cached concurrent", concurrent);
    add_id(race, "moka", move |id| moka.get_with(id, async move { body(id).await }));
    add_id(race, "quick_cache", move |id| call_quick(quick, id));
}

fn add_id<F>(race: &mut Race, name: &'static str, call: impl Fn(u64) -> F + Copy + Send + Sync + 'static)
where
    F: Future<Output = u64> + 'static,
{
    race.add(ONE, name, one_thread(ID, call));
    race.add(TWO, name, two_threads(ID, call));
}

#[stampede(ttl = "60s")]
async fn pair(id: u64, language: &str) -> u64 {
    body(id).await + language.len() as u64
}

#[cached(ttl_secs = 60, sync_writes = "by_key", key = "(u64, String)", convert = { (id, language.to_owned()) })]
async fn pair_by_key(id: u64, language: &str) -> u64 {
    body(id).await + language.len() as u64
}

#[concurrent_cached(ttl_secs = 60, key = "(u64, String)", convert = { (id, language.to_owned()) })]
async fn pair_concurrent(id: u64, language: &str) -> u64 {
    body(id).await + language.len() as u64
}

fn add_pairs(race: &mut Race) {
    let (moka, quick) = (moka::<(u64, String)>(CAPACITY as u64), quick::<(u64, String)>(CAPACITY));
    let arguments = (ID, LANGUAGE);
    race.add(PAIR, "stampede", one_thread(arguments, |(id, language)| pair(id, language)));
    race.add(PAIR, "cached by_key", one_thread(arguments, |(id, language)| pair_by_key(id, language)));
    race.add(
        PAIR,
        "cached concurrent",
        one_thread(arguments, |(id, language)| pair_concurrent(id, language)),
    );
    let call = move |(id, language): (u64, &'static str)| {
        moka.get_with((id, language.to_owned()), async move { body(id).await + language.len() as u64 })
    };
    race.add(PAIR, "moka", one_thread(arguments, call));
    let call = async move |(id, language): (u64, &'static str)| {
        let load = async { Ok::<_, Infallible>(body(id).await + language.len() as u64) };
        let Ok(value) = quick.get_or_insert_async(&(id, language.to_owned()), load).await;
        value
    };
    race.add(PAIR, "quick_cache", one_thread(arguments, call));
}

#[stampede(ttl = "60s")]
async fn text(text: &str) -> u64 {
    body(text.len() as u64).await
}

fn add_texts(race: &mut Race) {
    let (raw, moka, quick) = (raw::<String>(), moka::<String>(CAPACITY as u64), quick::<String>(CAPACITY));
    race.add(TEXT, "stampede", one_thread(LANGUAGE, text));
    let call = move |text: &'static str| raw.get(text, move || body(text.len() as u64));
    race.add(TEXT, "stampede raw", one_thread(LANGUAGE, call));
    let call =
        move |text: &'static str| moka.get_with_by_ref(text, async move { body(text.len() as u64).await });
    race.add(TEXT, "moka", one_thread(LANGUAGE, call));
    let call = async move |text: &'static str| {
        let load = async { Ok::<_, Infallible>(body(text.len() as u64).await) };
        let Ok(value) = quick.get_or_insert_async(text, load).await;
        value
    };
    race.add(TEXT, "quick_cache", one_thread(LANGUAGE, call));
}

fn one_thread<A, F>(argument: A, call: impl Fn(A) -> F) -> impl FnMut(u64) -> Duration
where
    A: Copy,
    F: Future<Output = u64>,
{
    let runtime = runtime();
    move |calls| {
        runtime.block_on(call(argument));
        runtime.block_on(repeat(calls, argument, &call))
    }
}

/// Two threads make the same number of calls each; the time is that of one thread.
///
/// Their turns are longer than those of one thread: both have to run at the same time for most of it.
fn two_threads<A, F>(argument: A, call: impl Fn(A) -> F + Copy + Send + Sync) -> impl FnMut(u64) -> Duration
where
    A: Copy + Send + Sync,
    F: Future<Output = u64>,
{
    move |calls| {
        runtime().block_on(call(argument));
        let start = Barrier::new(2);
        let longer: u32 = 8;
        let thread = || {
            let runtime = runtime();
            start.wait();
            runtime.block_on(repeat(u64::from(longer) * calls, argument, &call))
        };
        thread::scope(|scope| {
            let other = scope.spawn(thread);
            let mine = thread();
            (mine + other.join().expect("calls do not panic")) / 2 / longer
        })
    }
}

async fn repeat<A: Copy, F: Future<Output = u64>>(
    calls: u64,
    argument: A,
    call: &impl Fn(A) -> F,
) -> Duration {
    let start = Instant::now();
    for _ in 0..calls {
        black_box(call(black_box(argument)).await);
    }
    start.elapsed()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime without workers")
}

fn judge(scores: &Scores) -> Budgets {
    let mine = "stampede";
    let mut budgets = Budgets::new();
    for (peer, limit) in [("quick_cache", 0.65), ("cached concurrent", 0.4), ("cached by_key", 0.1)] {
        budgets.at_most(&format!("{ONE}: × {peer}"), limit, scores.ratio((ONE, mine), (ONE, peer)));
    }
    budgets.at_most(&format!("{TWO}: × quick_cache"), 0.6, scores.ratio((TWO, mine), (TWO, "quick_cache")));
    let throughput = scores.ratio((ONE, mine), (TWO, mine));
    let throughput = throughput.map(|one| Ratio { median: 2.0 * one.median, best: 2.0 * one.best });
    budgets.at_least(&format!("{TWO}: throughput × 1 thread"), 1.3, throughput);
    for group in [PAIR, TEXT] {
        let measured = scores.ratio((group, mine), (group, "quick_cache"));
        budgets.at_most(&format!("{group}: × quick_cache"), 0.6, measured);
    }
    budgets
}
