//! Stale values of functions that are not `async`: served at once, and refreshed on a thread of the pool.

use stampede::{Cache, Served, StaleReason, stampede};
use stampede_tests::{assert_sums, unique};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

const MILLIS: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);
/// After this long a value with a ttl of a millisecond is stale on any clock (F1).
const STALE: Duration = Duration::from_millis(15);

/// Waits for a condition that another thread brings about.
fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "what the test waits for does not happen");
        thread::sleep(MILLIS);
    }
}

/// Loads that wait at a gate, and count themselves.
#[derive(Debug, Default)]
struct Source {
    loads: AtomicU64,
    is_shut: Mutex<bool>,
    opened: Condvar,
    is_down: AtomicBool,
    panics: AtomicBool,
    /// The threads that loads ran on, by name, and whether these were on a runtime.
    threads: Mutex<Vec<(Option<String>, bool)>>,
}

impl Source {
    fn new() -> Arc<Self> {
        Arc::default()
    }

    fn shut(&self) {
        *self.is_shut.lock().unwrap() = true;
    }

    fn open(&self) {
        *self.is_shut.lock().unwrap() = false;
        self.opened.notify_all();
    }

    fn loads(&self) -> u64 {
        self.loads.load(SeqCst)
    }

    fn load(&self) -> Result<u64, String> {
        let number = self.loads.fetch_add(1, SeqCst) + 1;
        let on_runtime = tokio::runtime::Handle::try_current().is_ok();
        self.threads.lock().unwrap().push((thread::current().name().map(str::to_owned), on_runtime));
        let mut is_shut = self.is_shut.lock().unwrap();
        let start = Instant::now();
        while *is_shut && start.elapsed() < MINUTE {
            is_shut = self.opened.wait_timeout(is_shut, MINUTE).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(is_shut);
        assert!(!self.panics.load(SeqCst), "load {number} panics");
        if self.is_down.load(SeqCst) { Err(format!("load {number} failed")) } else { Ok(number) }
    }

    fn runs_on_the_pool(&self, load: usize) -> bool {
        self.threads.lock().unwrap()[load].0.as_deref() == Some("stampede-worker")
    }
}

/// The first value of a source is soon stale, and later ones are fresh for long.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn short_at_first(number: &u64) -> Duration {
    if *number == 1 { MILLIS } else { MINUTE * 60 }
}

#[stampede(ttl_from = short_at_first, stale_while_revalidate = "1h", skip(source))]
fn page(id: u64, source: &Arc<Source>) -> Result<u64, String> {
    let _ = id;
    source.load()
}

/// A key with a stale value.
fn stale_page(source: &Arc<Source>) -> u64 {
    let id = unique();
    assert_eq!(page(id, source), Ok(1));
    thread::sleep(STALE);
    id
}

fn is_revalidating(served: &Served) -> bool {
    matches!(served, Served::Stale { reason: StaleReason::Revalidating, .. })
}

#[test]
fn threads_just_past_the_ttl_are_served_at_once_and_cause_one_refresh() {
    // F2
    let source = Source::new();
    let id = stale_page(&source);
    source.shut();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let source = Arc::clone(&source);
            thread::spawn(move || page::call_with_info(id, &source))
        })
        .collect();
    for call in calls {
        let (outcome, served) = call.join().unwrap();
        assert_eq!(outcome, Ok(1), "the old value, while the load waits");
        assert!(is_revalidating(&served), "{served:?}");
    }
    until(|| source.loads() == 2);
    source.open();
    until(|| page::peek(&id) == Some(Ok(2)));
    assert_eq!(page::call_with_info(id, &source), (Ok(2), Served::Fresh));
    assert_eq!(source.loads(), 2);
    assert!(!source.runs_on_the_pool(0) && source.runs_on_the_pool(1));
}

#[stampede(ttl_from = short_at_first, stale_while_revalidate = "1h", skip(source))]
fn failing(id: u64, source: &Arc<Source>) -> Result<u64, String> {
    let _ = id;
    source.load()
}

#[test]
fn a_refresh_that_fails_or_panics_keeps_the_value_and_is_counted() {
    // F4, X3
    let (source, id) = (Source::new(), unique());
    assert_eq!(failing(id, &source), Ok(1));
    thread::sleep(STALE);
    source.is_down.store(true, SeqCst);
    assert_eq!(failing(id, &source), Ok(1));
    until(|| failing::stats().loads_err == 1);
    assert_eq!(failing::peek(&id), Some(Ok(1)));
    source.panics.store(true, SeqCst);
    until(|| failing(id, &source) == Ok(1) && failing::stats().loads_panicked == 1);
    assert_eq!(failing::peek(&id), Some(Ok(1)));
    source.panics.store(false, SeqCst);
    source.is_down.store(false, SeqCst);
    until(|| failing(id, &source) != Ok(1));
    until(|| failing::cache().in_flight() == 0);
    let stats = failing::stats();
    assert_eq!((stats.loads_ok, stats.loads), (2, source.loads()));
    assert_sums(&stats, stats.hits + stats.stale + 1);
}

#[test]
fn an_invalidation_is_not_undone_by_a_refresh_on_a_thread() {
    // I1
    let source = Source::new();
    let id = stale_page(&source);
    source.shut();
    assert_eq!(page(id, &source), Ok(1));
    until(|| source.loads() == 2);
    assert!(page::invalidate(&id));
    assert_eq!(page::peek(&id), None);
    let weak = Arc::downgrade(&source);
    source.open();
    // The load holds its arguments until it has ended.
    until(|| weak.strong_count() == 1);
    assert_eq!(page::peek(&id), None, "the refresh stored nothing");
    assert_eq!(page::call_with_info(id, &source), (Ok(3), Served::Loaded));
}

#[stampede(ttl_from = short_at_first, stale_while_revalidate = "500ms", skip(source))]
fn soon_over(id: u64, source: &Arc<Source>) -> Result<u64, String> {
    let _ = id;
    source.load()
}

#[test]
fn a_call_runs_the_refresh_itself_that_no_thread_has_come_to() {
    // F2: past the window calls wait for the refresh; while the pool is busy, maybe with loads that wait for this one, they
    // would wait long.
    let busy: Vec<_> = (0..8).map(|_| Source::new()).collect();
    let keys: Vec<_> = busy.iter().map(stale_page).collect();
    let (source, id) = (Source::new(), unique());
    for (source, id) in busy.iter().zip(&keys) {
        source.shut();
        assert_eq!(page(*id, source), Ok(1));
    }
    until(|| busy.iter().all(|source| source.loads() == 2));
    assert_eq!(soon_over(id, &source), Ok(1));
    let start = Instant::now();
    thread::sleep(STALE);
    let (outcome, served) = soon_over::call_with_info(id, &source);
    // Else the machine has slept through the window.
    if start.elapsed() < MILLIS * 400 {
        assert!(outcome == Ok(1) && is_revalidating(&served), "{served:?}");
    }
    thread::sleep(MILLIS * 600);
    assert_eq!(soon_over(id, &source), Ok(2));
    assert_eq!(source.loads(), 2);
    assert!(!source.runs_on_the_pool(1));
    for source in &busy {
        source.open();
    }
    for (source, id) in busy.iter().zip(&keys) {
        until(|| page::peek(id) == Some(Ok(2)));
        assert!(source.runs_on_the_pool(1));
    }
    until(|| Arc::strong_count(&source) == 1);
    assert_eq!(source.loads(), 2, "and the pool does not run it once more");
    assert_eq!(soon_over::cache().in_flight(), 0);
}

#[test]
fn a_refresh_may_refresh_itself() {
    // X5: what it calls is another flight, on the same thread.
    #[stampede(ttl_from = short_at_first, stale_while_revalidate = "1h", skip(source))]
    fn outer(id: u64, source: &Arc<Source>) -> Result<u64, String> {
        page(id, source)?;
        source.load()
    }
    let (source, id) = (Source::new(), unique());
    assert_eq!(outer(id, &source), Ok(2));
    outer::clear();
    outer::insert(id, Ok(1));
    thread::sleep(STALE);
    assert_eq!(outer(id, &source), Ok(1));
    until(|| matches!(outer::peek(&id), Some(Ok(number)) if number > 2));
    until(|| page::peek(&id) != Some(Ok(1)));
}

#[test]
fn a_body_sees_the_runtime_of_the_call_that_caused_its_refresh() {
    // X6
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let source = Source::new();
    let id = runtime.block_on(async { stale_page(&source) });
    runtime.block_on(async { assert_eq!(page(id, &source), Ok(1)) });
    until(|| source.loads() == 2);
    assert!(source.threads.lock().unwrap().iter().all(|(_, on_runtime)| *on_runtime));
    assert!(source.runs_on_the_pool(1));
}

#[cfg(feature = "test-util")]
#[tokio::test(start_paused = true)]
async fn a_refresh_on_a_thread_follows_the_clock_of_its_runtime() {
    // F7
    use tokio::time::advance;
    #[stampede(ttl = "10s", stale_while_revalidate = "1h", skip(source))]
    fn timed(id: u64, source: &Arc<Source>) -> Result<u64, String> {
        let _ = id;
        source.load()
    }
    let (source, id) = (Source::new(), unique());
    assert_eq!(timed(id, &source), Ok(1));
    advance(stampede_tests::just_before(Duration::from_secs(10))).await;
    assert_eq!(timed::call_with_info(id, &source), (Ok(1), Served::Fresh));
    advance(Duration::from_nanos(1)).await;
    let (outcome, served) = timed::call_with_info(id, &source);
    assert!(outcome == Ok(1) && is_revalidating(&served), "{served:?}");
    stampede_tests::until(|| timed::peek(&id) == Some(Ok(2))).await;
    advance(stampede_tests::just_before(Duration::from_secs(10))).await;
    assert_eq!(timed::call_with_info(id, &source), (Ok(2), Served::Fresh));
    advance(Duration::from_nanos(1)).await;
    assert!(is_revalidating(&timed::call_with_info(id, &source).1));
}

/// Methods, generic functions, traits.
#[derive(Clone, Debug)]
struct Site {
    id: u64,
    source: Arc<Source>,
}

trait Pages {
    fn of(&self, name: &str) -> Result<u64, String>;
}

impl Pages for Site {
    #[stampede(key: (u64, String) = (self.id, name), ttl_from = short_at_first, stale_while_revalidate = "1h")]
    fn of(&self, name: &str) -> Result<u64, String> {
        if name.is_empty() {
            return Err("no name".to_owned());
        }
        let number = self.source.load()?;
        Ok(number)
    }
}

impl Site {
    #[stampede(key: u64 = self.id, ttl_from = short_at_first, stale_while_revalidate = "1h")]
    pub(crate) fn shared(self: Arc<Self>, mut path: Vec<u8>) -> Result<u64, String> {
        path.push(0);
        self.source.load()
    }
}

#[stampede(ttl_from = short_at_first, stale_while_revalidate = "1h", key = id)]
fn generic<T: AsRef<Source> + Clone + Send>(id: u64, (_, source): (&'static str, T)) -> Result<u64, String> {
    let _ = id;
    source.as_ref().load()
}

#[test]
fn methods_and_generic_functions_are_refreshed_as_well() {
    let site = Site { id: unique(), source: Source::new() };
    let shared = Arc::new(Site { source: Source::new(), ..site.clone() });
    let (id, source) = (unique(), Source::new());
    let calls = [
        (Arc::clone(&site.source), &(|| site.of("page")) as &dyn Fn() -> _),
        (Arc::clone(&shared.source), &|| Arc::clone(&shared).shared(Vec::new())),
        (Arc::clone(&source), &|| generic(id, ("", Arc::clone(&source)))),
    ];
    for (number, (source, call)) in calls.into_iter().enumerate() {
        assert_eq!(call(), Ok(1), "call {number}");
        thread::sleep(STALE);
        source.shut();
        assert_eq!(call(), Ok(1), "call {number}");
        source.open();
        until(|| call() == Ok(2));
        assert!(source.runs_on_the_pool(1));
    }
    assert_eq!(site.of(""), Err("no name".to_owned()));
}

/// A cache with a stale window, behind functions that can run no refresh.
struct Backed {
    pages: Cache<u64, u64>,
    loads: AtomicU64,
}

impl Backed {
    fn new() -> Self {
        let pages = Cache::builder().ttl(MILLIS).stale_while_revalidate(MINUTE * 60).build();
        Self { pages, loads: AtomicU64::new(0) }
    }

    #[stampede(cache = self.pages)]
    fn page(&self, id: u64) -> u64 {
        id + self.loads.fetch_add(1, SeqCst)
    }

    #[stampede(cache = self.pages, detach = false)]
    async fn driven(&self, id: u64) -> u64 {
        id + self.loads.fetch_add(1, SeqCst)
    }
}

#[tokio::test]
async fn where_nobody_can_run_a_refresh_the_call_loads() {
    let site = Backed::new();
    assert_eq!((site.page(10), site.driven(20).await), (10, 21));
    thread::sleep(STALE);
    assert_eq!((site.page(10), site.driven(20).await), (12, 23));
    assert_eq!((site.pages.stats().refreshes, site.pages.in_flight()), (0, 0));
}

#[test]
fn arguments_that_panic_when_they_are_owned_harm_their_call_only() {
    // C4
    struct Brittle(Arc<Source>);
    impl Clone for Brittle {
        fn clone(&self) -> Self {
            assert!(!self.0.panics.load(SeqCst), "a clone panics");
            Self(Arc::clone(&self.0))
        }
    }
    #[stampede(ttl_from = short_at_first, stale_while_revalidate = "1h", skip(brittle))]
    fn brittle(id: u64, brittle: &Brittle) -> Result<u64, String> {
        let _ = id;
        brittle.0.load()
    }
    let (source, id) = (Source::new(), unique());
    let argument = Brittle(Arc::clone(&source));
    assert_eq!(brittle(id, &argument), Ok(1));
    thread::sleep(STALE);
    source.panics.store(true, SeqCst);
    assert!(catch_unwind(AssertUnwindSafe(|| brittle(id, &argument))).is_err());
    assert_eq!(brittle::cache().in_flight(), 0);
    source.panics.store(false, SeqCst);
    assert_eq!(brittle(id, &argument), Ok(1));
    until(|| brittle::peek(&id) == Some(Ok(2)));
}
