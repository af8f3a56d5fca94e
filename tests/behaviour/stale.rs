//! Stale windows, negative results, jitter and time limits under tokio's paused clock (F1 to F6, I1).

use stampede::{Cache, LoadTimeout, Served, StaleReason, stampede};
use stampede_tests::{assert_sums, just_before, on_both_flavours, unique, until};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{advance, pause, sleep, timeout},
};

const MILLIS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const TTL: Duration = Duration::from_secs(10);

/// A source that takes a while, fails while it is down, and counts what it is asked.
#[derive(Debug, Default)]
struct Source {
    loads: AtomicU64,
    takes: AtomicU64,
    is_down: AtomicBool,
    panics: AtomicBool,
}

impl Source {
    fn taking(time: Duration) -> Arc<Self> {
        let source = Self::default();
        source.takes(time);
        Arc::new(source)
    }

    fn takes(&self, time: Duration) {
        self.takes.store(u64::try_from(time.as_millis()).expect("a short time"), SeqCst);
    }

    fn goes_down(&self) {
        self.is_down.store(true, SeqCst);
    }

    fn comes_up(&self) {
        self.is_down.store(false, SeqCst);
    }

    fn loads(&self) -> u64 {
        self.loads.load(SeqCst)
    }

    async fn load(&self) -> Result<u64, String> {
        let number = self.loads.fetch_add(1, SeqCst) + 1;
        let is_down = self.is_down.load(SeqCst);
        assert!(!self.panics.load(SeqCst), "load {number} panics");
        sleep(MILLIS * u32::try_from(self.takes.load(SeqCst)).expect("a short time")).await;
        if is_down { Err(format!("load {number} failed")) } else { Ok(number) }
    }
}

type Cached = Cache<u8, u64, String>;

async fn call(cache: &Cached, source: &Arc<Source>) -> Result<u64, String> {
    call_with_info(cache, source).await.0
}

async fn call_with_info(cache: &Cached, source: &Arc<Source>) -> (Result<u64, String>, Served) {
    let source = Arc::clone(source);
    cache.try_get_with_info(1, move || async move { source.load().await }).await
}

/// As many calls as tasks, at once.
async fn calls(count: usize, cache: &Cached, source: &Arc<Source>) -> Vec<(Result<u64, String>, Served)> {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let (cache, source) = (cache.clone(), Arc::clone(source));
        tasks.spawn(async move { call_with_info(&cache, &source).await });
    }
    tasks.join_all().await
}

fn stale(age: Duration, reason: StaleReason) -> impl Fn(&Served) -> bool {
    move |served| match served {
        Served::Stale { age: found, reason: why } => *why == reason && found.abs_diff(age) <= MILLIS,
        _ => false,
    }
}

on_both_flavours! {
    async fn callers_just_past_the_ttl_are_served_at_once_and_cause_one_refresh() {
        // F2
        pause_if_possible();
        let source = Source::taking(50 * MILLIS);
        let cache: Cached = Cache::builder().ttl(MILLIS * 200).stale_while_revalidate(SECOND * 60).build();
        assert_eq!(call(&cache, &source).await, Ok(1));
        sleep(MILLIS * 210).await;
        // Long enough for all to come meanwhile, on any machine.
        source.takes(SECOND);
        let answers = ends(calls(1_000, &cache, &source)).await;
        assert!(answers.iter().all(|(outcome, _)| *outcome == Ok(1)), "the old value, for all");
        let stale = |(_, served): &&(_, Served)| matches!(served, Served::Stale { reason: StaleReason::Revalidating, .. });
        assert_eq!(answers.iter().filter(stale).count(), 1_000);
        until_idle(&cache).await;
        assert_eq!(source.loads(), 2);
        assert_eq!(call_with_info(&cache, &source).await, (Ok(2), Served::Fresh));
        let stats = cache.stats();
        assert_eq!((stats.stale, stats.refreshes), (1_000, 1));
        assert_sums(&stats, 1_002);
    }

    async fn callers_past_the_window_wait_for_one_load() {
        // F2
        pause_if_possible();
        let source = Source::taking(50 * MILLIS);
        let cache: Cached = Cache::builder().ttl(MILLIS * 20).stale_while_revalidate(MILLIS * 20).build();
        assert_eq!(call(&cache, &source).await, Ok(1));
        sleep(MILLIS * 50).await;
        source.takes(SECOND);
        let answers = ends(calls(1_000, &cache, &source)).await;
        assert!(answers.iter().all(|(outcome, _)| *outcome == Ok(2)));
        assert_eq!(answers.iter().filter(|(_, served)| *served == Served::Loaded).count(), 1);
        assert_eq!(answers.iter().filter(|(_, served)| *served == Served::Coalesced).count(), 999);
        assert_eq!(source.loads(), 2);
    }

    async fn callers_past_the_window_wait_for_the_refresh_that_is_in_flight() {
        // F2
        pause_if_possible();
        let source = Source::taking(MILLIS);
        let cache: Cached = Cache::builder().ttl(MILLIS * 200).stale_while_revalidate(MILLIS * 200).build();
        assert_eq!(call(&cache, &source).await, Ok(1));
        source.takes(MILLIS * 500);
        sleep(MILLIS * 210).await;
        assert_eq!(call(&cache, &source).await, Ok(1));
        sleep(MILLIS * 250).await;
        let answers = ends(calls(100, &cache, &source)).await;
        assert!(answers.iter().all(|answer| *answer == (Ok(2), Served::Coalesced)), "{answers:?}");
        assert_eq!(source.loads(), 2);
    }

    async fn an_invalidation_is_not_undone_by_the_refresh_in_flight() {
        // I1
        pause_if_possible();
        let source = Source::taking(MILLIS);
        let cache: Cached = Cache::builder().ttl(MILLIS * 100).stale_while_revalidate(SECOND * 60).build();
        assert_eq!(call(&cache, &source).await, Ok(1));
        source.takes(MILLIS * 100);
        sleep(MILLIS * 110).await;
        assert_eq!(call(&cache, &source).await, Ok(1));
        until(|| source.loads() == 2).await;
        assert!(cache.invalidate(&1));
        sleep(MILLIS * 200).await;
        assert_eq!((cache.peek(&1), cache.len()), (None, 0), "the refresh stored nothing");
        assert_eq!(call_with_info(&cache, &source).await, (Ok(3), Served::Loaded));
    }

    async fn a_refresh_outlives_the_caller_that_caused_it() {
        // X1
        pause_if_possible();
        let source = Source::taking(MILLIS);
        let cache: Cached = Cache::builder().ttl(MILLIS * 100).stale_while_revalidate(SECOND * 60).build();
        assert_eq!(call(&cache, &source).await, Ok(1));
        source.takes(MILLIS * 50);
        sleep(MILLIS * 110).await;
        let caller = { let (cache, source) = (cache.clone(), Arc::clone(&source)); tokio::spawn(async move { call(&cache, &source).await }) };
        assert_eq!(caller.await.expect("no panic"), Ok(1));
        until_idle(&cache).await;
        assert_eq!(call_with_info(&cache, &source).await, (Ok(2), Served::Fresh));
    }

    async fn a_load_that_never_ends_frees_its_key_and_its_callers() {
        pause_if_possible();
        let cache: Cache<u8, u64, Timed> = Cache::builder().name("slow").ttl(TTL).load_timeout(MILLIS * 50).build();
        let mut tasks = JoinSet::new();
        for _ in 0..10 {
            let cache = cache.clone();
            tasks.spawn(async move { cache.try_get(1, std::future::pending).await });
        }
        for outcome in ends(tasks.join_all()).await {
            let Err(Timed(timeout)) = outcome else { panic!("it can't end") };
            assert_eq!((timeout.name(), timeout.limit()), ("slow", MILLIS * 50));
            assert_eq!(timeout.to_string(), "slow: the load took longer than 50ms");
        }
        assert_eq!(cache.in_flight(), 0);
        assert_eq!(ends(cache.try_get(1, || async { Ok(7) })).await, Ok(7));
        let stats = cache.stats();
        assert_eq!((stats.loads_err, stats.loads_ok), (1, 1));
        assert_sums(&stats, 11);
    }
}

/// Time can be paused on one thread only; on two it goes by.
fn pause_if_possible() {
    let runtime = tokio::runtime::Handle::current();
    if runtime.runtime_flavor() == tokio::runtime::RuntimeFlavor::CurrentThread {
        pause();
    }
}

/// Waits for what must end within a minute, which is no time at all while time is paused.
async fn ends<F: Future>(future: F) -> F::Output {
    timeout(SECOND * 60, future).await.expect("what the test waits for ends")
}

async fn until_idle(cache: &Cached) {
    while cache.in_flight() > 0 {
        sleep(MILLIS).await;
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Timed(LoadTimeout);

impl From<LoadTimeout> for Timed {
    fn from(timeout: LoadTimeout) -> Self {
        Self(timeout)
    }
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_stands_in_for_errors_until_its_window_ends() {
    // F3: down from the start of the window. The old value until ttl + window, the error from then on, and never later.
    let source = Source::taking(Duration::ZERO);
    let cache: Cached = Cache::builder().ttl(TTL).stale_if_error(SECOND * 60).build();
    assert_eq!(call(&cache, &source).await, Ok(1));
    source.goes_down();
    advance(TTL).await;
    let mut loads_before = source.loads();
    let mut tenths = 0_u32;
    while tenths < 600 {
        let (outcome, served) = call_with_info(&cache, &source).await;
        assert_eq!(outcome, Ok(1), "after {tenths} tenths of a second");
        assert!(
            stale(TTL + SECOND / 10 * tenths, StaleReason::Failing)(&served),
            "{served:?} after {tenths}"
        );
        advance(SECOND / 10).await;
        tenths += 1;
    }
    // One load each at 0, 1, 3, 7, 15 and 31 seconds: the rests double, to 30 s.
    assert_eq!(source.loads() - loads_before, 6);
    loads_before = source.loads();
    assert_eq!(call(&cache, &source).await, Err(format!("load {} failed", loads_before + 1)));
    source.comes_up();
    assert_eq!(call_with_info(&cache, &source).await, (Ok(loads_before + 2), Served::Loaded));
}

#[tokio::test(start_paused = true)]
async fn a_window_that_ends_while_the_load_runs_is_over() {
    // F3: the hard bound is when the value is served, not when the load began.
    let source = Source::taking(SECOND * 2);
    let cache: Cached = Cache::builder().ttl(TTL).stale_if_error(SECOND * 5).build();
    assert_eq!(call(&cache, &source).await, Ok(1));
    source.goes_down();
    advance(TTL + SECOND * 4).await;
    assert_eq!(call(&cache, &source).await, Err("load 2 failed".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_is_down_is_left_alone() {
    // F3: 100 calls 10 ms apart.
    let source = Source::taking(Duration::ZERO);
    let cache: Cached = Cache::builder().ttl(MILLIS * 10).stale_if_error(SECOND * 60).build();
    assert_eq!(call(&cache, &source).await, Ok(1));
    source.goes_down();
    advance(MILLIS * 10).await;
    for _ in 0..100 {
        assert_eq!(call(&cache, &source).await, Ok(1));
        advance(MILLIS * 10).await;
    }
    assert!(source.loads() - 1 <= 8, "{} loads", source.loads() - 1);
    source.comes_up();
    advance(SECOND * 2).await;
    assert_eq!(call(&cache, &source).await, Ok(source.loads()), "and asked again after its rest");
}

#[tokio::test(start_paused = true)]
async fn waiters_of_a_failed_load_share_the_stale_value() {
    // F3, C2
    let source = Source::taking(MILLIS * 50);
    let cache: Cached = Cache::builder().ttl(TTL).stale_if_error(SECOND * 60).build();
    assert_eq!(call(&cache, &source).await, Ok(1));
    source.goes_down();
    advance(TTL + SECOND).await;
    let answers = calls(100, &cache, &source).await;
    assert!(answers.iter().all(|(outcome, _)| *outcome == Ok(1)));
    assert_eq!(source.loads(), 2);
    let refreshed = cache
        .try_get_fresh(1, {
            let source = Arc::clone(&source);
            move || async move { source.load().await }
        })
        .await;
    assert_eq!(refreshed, Err("load 3 failed".to_owned()), "who asks for a fresh value gets the error");
}

#[tokio::test(start_paused = true)]
async fn a_failed_refresh_leaves_value_and_deadlines() {
    // F4, F5: with both windows and negative results.
    let source = Source::taking(Duration::ZERO);
    let cache: Cached = Cache::builder()
        .ttl(TTL)
        .stale_while_revalidate(SECOND * 10)
        .stale_if_error(SECOND * 20)
        .err_ttl(SECOND * 3)
        .build();
    assert_eq!(call(&cache, &source).await, Ok(1));
    source.goes_down();
    // While it is fresh: by hand, and the caller gets the error.
    let fresh = {
        let source = Arc::clone(&source);
        move || async move { source.load().await }
    };
    assert_eq!(cache.try_get_fresh(1, fresh).await, Err("load 2 failed".to_owned()));
    assert_eq!(call_with_info(&cache, &source).await, (Ok(1), Served::Fresh));
    // While it is stale: in the background, once a rest.
    advance(TTL).await;
    let (outcome, served) = call_with_info(&cache, &source).await;
    assert_eq!(outcome, Ok(1));
    assert!(stale(TTL, StaleReason::Revalidating)(&served), "{served:?}");
    until_idle(&cache).await;
    assert_eq!(source.loads(), 3);
    let (outcome, served) = call_with_info(&cache, &source).await;
    assert_eq!((outcome, source.loads()), (Ok(1), 3));
    assert!(stale(TTL, StaleReason::Failing)(&served), "{served:?}");
    // Past all windows the error is what there is, and it is kept for its own ttl.
    advance(SECOND * 20).await;
    assert_eq!(call(&cache, &source).await, Err("load 4 failed".to_owned()));
    source.comes_up();
    advance(just_before(SECOND * 3)).await;
    assert_eq!(call_with_info(&cache, &source).await, (Err("load 4 failed".to_owned()), Served::Fresh));
    advance(MILLIS).await;
    assert_eq!(call_with_info(&cache, &source).await, (Ok(5), Served::Loaded));
}

#[tokio::test(start_paused = true)]
async fn a_slow_failing_load_does_not_bring_back_an_older_value() {
    // F4: it starts before a successful one and ends after it.
    let source = Source::taking(MILLIS);
    let cache: Cached = Cache::builder().ttl(TTL).stale_if_error(SECOND * 60).err_ttl(SECOND).build();
    assert_eq!(call(&cache, &source).await, Ok(1));
    advance(TTL + SECOND).await;
    source.goes_down();
    source.takes(SECOND);
    let slow = {
        let (cache, source) = (cache.clone(), Arc::clone(&source));
        tokio::spawn(async move { call(&cache, &source).await })
    };
    until(|| source.loads() == 2).await;
    cache.insert(1, 77);
    assert_eq!(
        slow.await.expect("no panic"),
        Err("load 2 failed".to_owned()),
        "the newer value is fresh, not stale"
    );
    assert_eq!(call_with_info(&cache, &source).await, (Ok(77), Served::Fresh));
    advance(just_before(TTL).saturating_sub(SECOND)).await;
    assert_eq!(call_with_info(&cache, &source).await, (Ok(77), Served::Fresh));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_panics_is_counted_and_leaves_the_stale_value() {
    // X3, F4
    let source = Source::taking(Duration::ZERO);
    let cache: Cached = Cache::builder().ttl(TTL).stale_while_revalidate(SECOND * 60).build();
    assert_eq!(call(&cache, &source).await, Ok(1));
    source.panics.store(true, SeqCst);
    advance(TTL).await;
    assert_eq!(call(&cache, &source).await, Ok(1));
    until_idle(&cache).await;
    assert_eq!(call(&cache, &source).await, Ok(1));
    let stats = cache.stats();
    assert_eq!((stats.loads_panicked, stats.stale, stats.refreshes), (1, 2, 1));
    source.panics.store(false, SeqCst);
    // Rests are kept in units of a millisecond and a little, rounded up.
    advance(SECOND + MILLIS * 2).await;
    assert_eq!(call(&cache, &source).await, Ok(1));
    until_idle(&cache).await;
    assert_eq!(call_with_info(&cache, &source).await, (Ok(3), Served::Fresh));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_takes_too_long_is_a_failed_one() {
    // F4
    let cache: Cache<u8, u64, Timed> =
        Cache::builder().ttl(TTL).stale_while_revalidate(SECOND * 60).load_timeout(SECOND).build();
    assert_eq!(cache.try_get(1, || async { Ok(1) }).await, Ok(1));
    advance(TTL).await;
    assert_eq!(cache.try_get(1, std::future::pending).await, Ok(1));
    sleep(SECOND + MILLIS).await;
    assert_eq!((cache.in_flight(), cache.stats().loads_err), (0, 1));
    assert_eq!(cache.peek(&1), Some(1));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_is_not_kept_takes_the_old_one_along() {
    // F4 is for failures: this is a newer value.
    let found = Arc::new(AtomicBool::new(true));
    let cache: Cache<u8, Option<u8>> =
        Cache::builder().ttl(TTL).stale_while_revalidate(SECOND * 60).none_ttl(Duration::ZERO).build();
    let call = async || {
        let found = Arc::clone(&found);
        cache.get(1, move || async move { found.load(SeqCst).then_some(7) }).await
    };
    assert_eq!(call().await, Some(7));
    found.store(false, SeqCst);
    advance(TTL).await;
    assert_eq!(call().await, Some(7), "served while it is refreshed");
    sleep(MILLIS).await;
    assert_eq!((call().await, cache.len()), (None, 0));
    // The same while the old one is fresh, and by a ttl of zero.
    let cache: Cache<u8, u64> = Cache::builder().ttl_from(|value| Duration::from_secs(*value)).build();
    assert_eq!(cache.get(1, || async { 60 }).await, 60);
    assert_eq!(cache.get_fresh(1, || async { 0 }).await, 0);
    assert_eq!(cache.peek(&1), None);
}

#[tokio::test(start_paused = true)]
async fn a_newer_error_takes_the_place_of_a_kept_one() {
    // F4 is for values.
    let cache: Cached = Cache::builder().ttl(TTL).err_ttl(TTL).build();
    let fail = |why: &'static str| move || async move { Err(why.to_owned()) };
    assert_eq!(cache.try_get(1, fail("one")).await, Err("one".to_owned()));
    assert_eq!(cache.try_get_fresh(1, fail("two")).await, Err("two".to_owned()));
    assert_eq!(cache.try_get(1, fail("three")).await, Err("two".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_nothing_with_a_ttl_of_its_own_is_never_stale() {
    let cache: Cache<u8, Option<u8>> =
        Cache::builder().ttl(TTL).stale_while_revalidate(SECOND * 60).none_ttl(SECOND).build();
    cache.insert_with_ttl(1, None, SECOND * 2);
    advance(SECOND * 2).await;
    assert_eq!(cache.peek(&1), None);
    advance(SECOND).await;
    assert_eq!(cache.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn rests_are_as_long_for_what_has_been_stale_for_long() {
    // F3: after a year of failing, too.
    let source = Source::taking(Duration::ZERO);
    let cache: Cached = Cache::builder().ttl(SECOND).stale_if_error(Duration::MAX).build();
    assert_eq!(call(&cache, &source).await, Ok(1));
    source.goes_down();
    for days in [1, 30, 365] {
        advance(SECOND * 86_400 * days).await;
        let loads = source.loads();
        for _ in 0..100 {
            assert_eq!(call(&cache, &source).await, Ok(1));
            advance(SECOND).await;
        }
        assert!((4..=8).contains(&(source.loads() - loads)), "{} loads in 100 s", source.loads() - loads);
    }
}

#[stampede(ttl = "10s", err_ttl = "2s", none_ttl = "1s", skip(answer))]
async fn negative(id: u64, answer: Result<Option<u64>, String>) -> Result<Option<u64>, String> {
    let _ = id;
    answer
}

#[stampede(ttl = "10s", none_ttl = "0s", skip(answer))]
async fn not_kept(id: u64, answer: Option<u64>) -> Option<u64> {
    let _ = id;
    answer
}

#[stampede(ttl = "10s", skip(answer))]
async fn like_any_value(id: u64, answer: Option<u64>) -> Option<u64> {
    let _ = id;
    answer
}

#[tokio::test(start_paused = true)]
async fn negative_results_have_their_own_ttls() {
    // F5
    let kept = async |outcome: Result<Option<u64>, String>| {
        let id = unique();
        let first = negative(id, outcome.clone()).await;
        assert_eq!(first, outcome);
        let mut seconds = 0;
        while negative::peek(&id) == Some(outcome.clone()) {
            advance(SECOND).await;
            seconds += 1;
        }
        assert_eq!(negative::peek(&id), None);
        seconds
    };
    assert_eq!(kept(Ok(Some(1))).await, 10);
    assert_eq!(kept(Ok(None)).await, 1);
    assert_eq!(kept(Err("no".to_owned())).await, 2);
    let id = unique();
    assert_eq!(
        (not_kept(id, None).await, not_kept(id, Some(1)).await, not_kept(id, None).await),
        (None, Some(1), Some(1))
    );
    assert_eq!((like_any_value(id, None).await, like_any_value(id, Some(1)).await), (None, None));
}

/// By reference, as `ttl_from` takes it.
#[expect(clippy::trivially_copy_pass_by_ref)]
fn ttl_of(value: &u64) -> Duration {
    Duration::from_secs(*value)
}

#[stampede(ttl_from = ttl_of, skip(value))]
async fn own_ttl(id: u64, value: Result<u64, String>) -> Result<u64, String> {
    let _ = id;
    value
}

#[tokio::test(start_paused = true)]
async fn values_tell_their_own_ttl() {
    // F1
    for seconds in [0, 1, 7] {
        let id = unique();
        assert_eq!(own_ttl(id, Ok(seconds)).await, Ok(seconds));
        assert_eq!(own_ttl::peek(&id).is_some(), seconds > 0);
        advance(just_before(SECOND * u32::try_from(seconds).expect("few"))).await;
        assert_eq!(own_ttl::peek(&id).is_some(), seconds > 0);
        advance(MILLIS).await;
        assert_eq!(own_ttl::peek(&id), None);
    }
    let id = unique();
    assert!(own_ttl(id, Err("no".to_owned())).await.is_err());
    assert_eq!(own_ttl::peek(&id), None);
}

#[tokio::test(start_paused = true)]
async fn keys_loaded_together_expire_apart() {
    // Jitter: every ttl between 5 and 10 s, spread over all of that.
    let cache: Cache<u64, u64> = Cache::builder().ttl(TTL).jitter(0.5).build();
    for key in 0..1_000 {
        cache.insert(key, key);
    }
    let fresh = || (0..1_000).filter(|key| cache.peek(key).is_some()).count();
    advance(just_before(SECOND * 5)).await;
    assert_eq!(fresh(), 1_000);
    let mut before = 1_000;
    for _ in 0..5 {
        advance(SECOND).await;
        let expired = before - fresh();
        assert!((100..300).contains(&expired), "{expired} of 1,000 in a fifth of the time");
        before = fresh();
    }
    advance(MILLIS).await;
    assert_eq!(fresh(), 0);
}

#[tokio::test(start_paused = true)]
async fn durations_without_end_and_of_nothing_are_defined() {
    // F1: `Duration::MAX` and zero in every option.
    let source = Source::taking(Duration::ZERO);
    let ends = [Duration::ZERO, Duration::MAX];
    for ttl in [Duration::from_nanos(1), TTL, Duration::MAX] {
        for revalidate in ends {
            for error in ends {
                for err_ttl in ends {
                    let cache: Cached = Cache::builder()
                        .ttl(ttl)
                        .stale_while_revalidate(revalidate)
                        .stale_if_error(error)
                        .err_ttl(err_ttl)
                        .build();
                    source.comes_up();
                    let first = call(&cache, &source).await;
                    assert!(first.is_ok());
                    source.goes_down();
                    advance(TTL * 10).await;
                    let then = call(&cache, &source).await;
                    let outlives = ttl == Duration::MAX || !revalidate.is_zero() || !error.is_zero();
                    assert_eq!(then == first, outlives, "{ttl:?} {revalidate:?} {error:?}");
                    until_idle(&cache).await;
                    cache.clear();
                    assert_eq!(cache.len(), 0);
                }
            }
        }
    }
    let cache: Cache<u8, u64, Timed> = Cache::builder().load_timeout(Duration::ZERO).build();
    assert_eq!(cache.try_get(1, || async { Ok(1) }).await, Ok(1), "one poll");
    assert!(cache.try_get(1, std::future::pending).await.is_err());
    let cache: Cache<u8, u64, Timed> = Cache::builder().load_timeout(Duration::MAX).build();
    assert_eq!(
        cache
            .try_get(1, || async {
                sleep(TTL * 1_000).await;
                Ok(1)
            })
            .await,
        Ok(1)
    );
}

#[test]
fn options_that_contradict_each_other_are_told_by_the_builder() {
    let build = |builder: stampede::Builder<u8, u8, String>| {
        builder.try_build().map(drop).map_err(|error| error.to_string())
    };
    let new = Cache::<u8, u8, String>::builder;
    for (builder, both) in [
        (new().ttl(TTL).ttl_from(|_| TTL), ["`ttl`", "`ttl_from`"]),
        (new().ttl(TTL).jitter(2.0), ["`jitter`", "ttl"]),
        (new().jitter(0.1), ["`jitter`", "`ttl`"]),
        (new().stale_while_revalidate(TTL), ["`stale_while_revalidate`", "`ttl`"]),
        (new().stale_if_error(TTL), ["`stale_if_error`", "`ttl`"]),
    ] {
        let error = build(builder).expect_err("a contradiction");
        assert!(both.iter().all(|option| error.contains(option)), "{error}");
    }
    assert_eq!(build(new().ttl_from(|_| TTL).stale_if_error(TTL).jitter(1.0)), Ok(()));
}

#[stampede(ttl = TTL, stale_if_error = "60s", detach = false, skip(source))]
async fn driven(id: u64, source: &Source) -> Result<u64, String> {
    let _ = id;
    source.load().await
}

#[tokio::test(start_paused = true)]
async fn a_stale_value_stands_in_for_the_error_of_a_load_that_callers_drive() {
    // F3, F5, X2: also for the one that takes over from a driver that leaves.
    let (id, source) = (unique(), Source::taking(SECOND));
    assert_eq!(driven(id, &source).await, Ok(1));
    source.goes_down();
    advance(TTL).await;
    let mut leader = Box::pin(driven(id, &source));
    let mut heir = Box::pin(driven::call_with_info(id, &source));
    assert!(futures::poll!(&mut leader).is_pending() && futures::poll!(&mut heir).is_pending());
    drop(leader);
    let (outcome, served) = heir.await;
    assert_eq!((outcome, source.loads()), (Ok(1), 3));
    assert!(stale(TTL + SECOND, StaleReason::Failing)(&served), "{served:?}");
    assert_eq!((driven(id, &source).await, source.loads()), (Ok(1), 3), "and then the source rests");
}

/// A function whose callers drive its loads, on a raw cache that says how long its values are stale.
struct Stale {
    cache: Cached,
}

impl Stale {
    #[stampede(cache = self.cache, detach = false, skip(source))]
    async fn driven(&self, id: u8, source: &Source) -> Result<u64, String> {
        let _ = id;
        source.load().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_drives_its_load_waits_for_the_refresh_that_nobody_else_could_run() {
    // F2, F8, S1: the attribute can't see what the cache's windows are.
    let source = Source::taking(SECOND);
    let stale = Stale { cache: Cache::builder().ttl(TTL).stale_while_revalidate(TTL).build() };
    assert_eq!(stale.driven(1, &source).await, Ok(1));
    advance(TTL).await;
    let mut refreshing = Box::pin(stale.driven(1, &source));
    assert!(futures::poll!(&mut refreshing).is_pending());
    assert_eq!(stale.driven(1, &source).await, Ok(1), "others are served what is stale meanwhile");
    assert_eq!((refreshing.await, stale.driven(1, &source).await), (Ok(2), Ok(2)));
    let stats = stale.cache.stats();
    assert_sums(&stats, 4);
    assert_eq!((stats.leads, stats.stale, stats.hits, stats.refreshes), (2, 1, 1, 0));
}

/// All options in one place.
#[stampede(
    ttl = TTL,
    stale_while_revalidate = "10s",
    stale_if_error = "forever",
    jitter = 0,
    err_ttl = MILLIS,
    load_timeout = "30s",
    skip(source)
)]
async fn everything(id: u64, source: &Arc<Source>) -> anyhow::Result<u64> {
    let _ = id;
    source.load().await.map_err(anyhow::Error::msg)
}

#[tokio::test(start_paused = true)]
async fn the_attribute_composes_all_options() {
    // F5
    let (id, source) = (unique(), Source::taking(MILLIS));
    let (outcome, served) = everything::call_with_info(id, &source).await;
    assert_eq!((outcome.ok(), served), (Some(1), Served::Loaded));
    assert_eq!(everything::call_with_info(id, &source).await.1, Served::Fresh);
    advance(TTL).await;
    let (outcome, served) = everything::call_with_info(id, &source).await;
    assert_eq!(outcome.ok(), Some(1));
    assert!(stale(TTL, StaleReason::Revalidating)(&served), "{served:?}");
    sleep(MILLIS * 10).await;
    assert_eq!(everything(id, &source).await.ok(), Some(2));
    source.takes(SECOND * 60);
    advance(TTL + SECOND * 11).await;
    let (outcome, served) = everything::call_with_info(id, &source).await;
    assert_eq!(outcome.ok(), Some(2), "the load took too long, and the stale value stands in for that");
    assert!(matches!(served, Served::Stale { reason: StaleReason::Failing, .. }), "{served:?}");
}

/// What the loads of a source that is down are reported as.
#[cfg(feature = "tracing")]
mod reports {
    use super::{Arc, SECOND, Source, TTL, advance, until_idle};
    use stampede::Cache;
    use std::{fmt, sync::Mutex};
    use tracing::{Event, Subscriber, field::Field};
    use tracing_subscriber::{
        Layer,
        layer::{Context, SubscriberExt as _},
        registry,
    };

    /// Collects events as text.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Log {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            let mut line = format!("{}:", event.metadata().level());
            event.record(&mut |field: &Field, value: &dyn fmt::Debug| {
                line.extend([" ", field.name(), "=", &format!("{value:?}")]);
            });
            self.0.lock().expect("no panic").push(line);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_that_fails_after_its_window_is_reported() {
        let log = Log::default();
        let _default = tracing::subscriber::set_default(registry().with(log.clone()));
        let source = Source::taking(SECOND);
        let cache: Cache<u8, u64, String> =
            Cache::builder().name("rates").ttl(TTL).stale_while_revalidate(SECOND / 2).build();
        let call = async || {
            let source = Arc::clone(&source);
            cache.try_get(1, move || async move { source.load().await }).await
        };
        assert_eq!(call().await, Ok(1));
        source.goes_down();
        advance(TTL).await;
        assert_eq!(call().await, Ok(1));
        until_idle(&cache).await;
        let lines = log.0.lock().expect("no panic").clone();
        assert_eq!(
            lines,
            ["WARN: message=a load failed that nobody waited for call=\"rates(…)\" failure=an error"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_refresh_is_reported_once() {
        let log = Log::default();
        let _default = tracing::subscriber::set_default(registry().with(log.clone()));
        let source = Source::taking(SECOND);
        let cache: Cache<u8, u64, String> = Cache::builder()
            .name("rates")
            .ttl(TTL)
            .stale_while_revalidate(SECOND * 60)
            .print_keys()
            .print_errors()
            .build();
        let call = async || {
            let source = Arc::clone(&source);
            cache.try_get(1, move || async move { source.load().await }).await
        };
        assert_eq!(call().await, Ok(1));
        source.goes_down();
        advance(TTL).await;
        for _ in 0..10 {
            assert_eq!(call().await, Ok(1));
        }
        until_idle(&cache).await;
        let lines = log.0.lock().expect("no panic").clone();
        assert_eq!(
            lines,
            [
                "WARN: message=a load failed; the value that is there stays call=\"rates(1)\" failure=load 2 failed"
            ]
        );
    }
}
