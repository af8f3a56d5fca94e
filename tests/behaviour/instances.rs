//! Generic functions and methods: one cache for each instantiation, and each instance that asks for it.

use async_trait::async_trait;
use stampede::{Cache, stampede};
use stampede_tests::{End, Probe, soon, unique, until};
use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

/// Numbers that tell which load they are of.
static NEXT: AtomicU64 = AtomicU64::new(0);

trait Numbered: Clone + Send + Sync + 'static {
    fn of(number: u64) -> Self;
}

impl Numbered for u64 {
    fn of(number: u64) -> Self {
        number
    }
}

impl Numbered for String {
    fn of(number: u64) -> Self {
        number.to_string()
    }
}

#[stampede(ttl = "60s")]
async fn load<T: Numbered, const EXTRA: bool>(id: u64) -> T {
    let _ = id;
    T::of(NEXT.fetch_add(1, SeqCst))
}

#[tokio::test]
async fn instantiations_share_nothing() {
    let id = unique();
    let number = load::<u64, false>(id).await;
    assert_eq!(load::<u64, false>(id).await, number);
    assert_ne!(load::<u64, true>(id).await, number);
    assert_ne!(load::<String, false>(id).await, number.to_string());
    assert!(load::<u64, false>::invalidate(&id));
    assert_eq!(load::<u64, false>::peek(&id), None);
    assert!(load::<u64, true>::peek(&id).is_some());
    assert!(load::<String, false>::cache().name().ends_with("instances::load<alloc::string::String, false>"));
}

#[stampede(ttl = "60s")]
async fn apart<T: Numbered>(id: u64) -> T {
    let _ = id;
    T::of(NEXT.fetch_add(1, SeqCst))
}

#[tokio::test]
async fn an_instantiation_is_cleared_and_counted_alone() {
    let (number, text) = (apart::<u64>(1).await, apart::<String>(1).await);
    apart::<u64>::clear();
    assert_eq!(apart::<u64>::peek(&1), None);
    assert_eq!(apart::<String>(1).await, text);
    assert_ne!(apart::<u64>(1).await, number);
    let (of_numbers, of_texts) = (apart::<u64>::stats(), apart::<String>::stats());
    assert_eq!((of_numbers.loads, of_numbers.hits), (2, 0));
    assert_eq!((of_texts.loads, of_texts.hits), (1, 1));
}

#[stampede(ttl = "60s")]
async fn together<T: Numbered>(id: u64, lang: &str) -> Result<T, String> {
    let _ = (id, lang);
    Ok(T::of(NEXT.fetch_add(1, SeqCst)))
}

#[tokio::test]
async fn instantiations_are_cleared_and_counted_together() {
    let (one, two) = (together::<u64>(1, "en").await, together::<String>(1, "en").await);
    assert!(one.is_ok() && two.is_ok());
    assert_eq!(together::stats_all().leads, 2);
    assert!(together::invalidate_all(&1, "en"));
    assert!(!together::invalidate_all(&1, "en"));
    assert_ne!(together::<u64>(1, "en").await, one);
    assert_eq!(together::stats_all().loads, 3);
    together::clear_all();
    assert_eq!(together::<u64>::peek(&1, "en"), None);
    assert_eq!(together::stats_all().entries, 0);
}

// C1: a cache is made once, whoever comes first.
#[test]
fn threads_that_come_at_the_same_time_find_one_cache() {
    #[stampede(ttl = "60s")]
    fn raced<T: Numbered>(id: u64) -> T {
        T::of(id)
    }
    let call = || {
        assert_eq!(raced::<u64>(1), 1);
        (std::ptr::from_ref(raced::<u64>::cache()) as usize, raced::<String>::cache().name().to_owned())
    };
    let caches: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(call)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(caches.iter().all(|cache| *cache == caches[0]));
    let listed = stampede::caches().into_iter().filter(|cache| cache.name().contains("::raced<"));
    assert_eq!(listed.count(), 2);
}

#[derive(Clone)]
struct Site {
    id: u64,
    probe: Arc<Probe>,
    pages: Cache<u64, Result<u64, String>>,
    rates: Cache<u64, u64, String>,
}

impl Site {
    fn new(id: u64, probe: &Arc<Probe>) -> Self {
        let ttl = Duration::from_secs(60);
        let (pages, rates) = (Cache::builder().ttl(ttl).build(), Cache::builder().ttl(ttl).build());
        Self { id, probe: Arc::clone(probe), pages, rates }
    }

    #[stampede(cache = self.pages)]
    async fn page(&self, id: u64) -> Result<u64, String> {
        let _ = id;
        self.probe.load().await
    }

    #[stampede(cache = self.rates)]
    async fn rate(&self, id: u64) -> Result<u64, String> {
        let _ = id;
        self.probe.load().await
    }

    #[stampede(skip(self), ttl = "60s")]
    pub(crate) async fn shared(&self, id: u64) -> Result<u64, String> {
        let _ = id;
        self.probe.load().await
    }

    #[stampede(key: (u64, u64) = (self.id, id), ttl = "60s")]
    async fn keyed(&self, id: u64) -> Result<u64, String> {
        let _ = id;
        self.probe.load().await
    }
}

#[tokio::test]
async fn instances_share_nothing_with_a_cache_each() {
    let probe = Probe::open(End::Value);
    let (one, two) = (Site::new(1, &probe), Site::new(2, &probe));
    for _ in 0..2 {
        assert_eq!(one.page(7).await, Ok(1));
        assert_eq!(two.page(7).await, Ok(2));
        assert_eq!(one.rate(7).await, Ok(3));
        assert_eq!(two.rate(7).await, Ok(4));
    }
    assert!(one.pages.invalidate(&7));
    assert_eq!(one.page(7).await, Ok(5));
    assert_eq!(two.page(7).await, Ok(2));
}

#[tokio::test]
async fn instances_share_everything_that_skips_them() {
    let probe = Probe::open(End::Value);
    let (one, two, id) = (Site::new(1, &probe), Site::new(2, &probe), unique());
    assert_eq!(one.shared(id).await, Ok(1));
    assert_eq!(two.shared(id).await, Ok(1));
    assert!(Site::shared_cache().invalidate(&id));
    assert_eq!(two.shared(id).await, Ok(2));
}

#[tokio::test]
async fn instances_are_told_apart_by_a_key() {
    let probe = Probe::open(End::Value);
    let (one, two, id) = (Site::new(1, &probe), Site::new(2, &probe), unique());
    assert_eq!(one.keyed(id).await, Ok(1));
    assert_eq!(two.keyed(id).await, Ok(2));
    assert_eq!(one.clone().keyed(id).await, Ok(1));
}

// X1
#[tokio::test]
async fn a_method_whose_callers_leave_is_loaded_to_its_end() {
    let probe = Probe::new(End::Value);
    let (site, id) = (Site::new(1, &probe), unique());
    let call = tokio::spawn(async move { site.shared(id).await });
    until(|| probe.started() == 1).await;
    call.abort();
    assert!(soon(call).await.is_err());
    probe.open_gate();
    until(|| probe.ended() == 1).await;
    until(|| Site::shared_cache().peek(&id).is_some()).await;
    assert_eq!(Site::new(2, &probe).shared(id).await, Ok(1));
}

#[async_trait]
trait Pages: Send + Sync {
    async fn page(&self, id: u64, lang: &str) -> Result<String, String>;
    async fn in_place(&self, id: u64) -> u64;
}

#[derive(Clone)]
struct Boxed(Arc<AtomicU64>);

#[async_trait]
impl Pages for Boxed {
    #[stampede(skip(self), ttl = "60s")]
    async fn page(&self, id: u64, lang: &str) -> Result<String, String> {
        tokio::task::yield_now().await;
        self.0.fetch_add(1, SeqCst);
        let parsed: u64 = lang.parse().map_err(|_| format!("no {lang}"))?;
        if id == 0 {
            return Err("zero".to_owned());
        }
        Ok(format!("{}", id + parsed))
    }

    #[stampede(key = id, ttl = "60s", detach = false)]
    async fn in_place(&self, id: u64) -> u64 {
        self.0.fetch_add(1, SeqCst);
        id
    }
}

#[tokio::test]
async fn async_trait_expands_first() {
    let loads = Arc::new(AtomicU64::new(0));
    let pages: Arc<dyn Pages> = Arc::new(Boxed(Arc::clone(&loads)));
    for _ in 0..2 {
        assert_eq!(pages.page(1, "2").await.as_deref(), Ok("3"));
        assert_eq!(pages.in_place(7).await, 7);
    }
    assert_eq!(loads.load(SeqCst), 2);
    assert_eq!(pages.page(1, "x").await, Err("no x".to_owned()));
    assert_eq!(pages.page(0, "1").await, Err("zero".to_owned()));
    assert!(tokio::spawn(async move { pages.page(1, "2").await }).await.unwrap().is_ok());
}

// X2
struct Local {
    loads: Rc<Cell<u64>>,
}

impl Local {
    #[stampede(key = id, ttl = "60s", detach = false)]
    async fn count(&self, id: u64, shared: &Rc<Cell<u64>>) -> u64 {
        let kept = Rc::clone(shared);
        tokio::task::yield_now().await;
        self.loads.set(self.loads.get() + 1);
        kept.set(kept.get() + id);
        kept.get()
    }
}

#[tokio::test]
async fn what_is_not_send_is_loaded_in_place_on_a_local_set() {
    let local = Local { loads: Rc::default() };
    let shared = Rc::new(Cell::new(1));
    let set = tokio::task::LocalSet::new();
    let ids = (unique() + 1_000, unique() + 1_000);
    set.run_until(async {
        let calls = futures::future::join(local.count(ids.0, &shared), local.count(ids.0, &shared));
        assert_eq!(soon(calls).await, (ids.0 + 1, ids.0 + 1));
        let spawned = {
            let shared = Rc::clone(&shared);
            tokio::task::spawn_local(async move {
                let local = Local { loads: Rc::default() };
                local.count(ids.1, &shared).await
            })
        };
        assert_eq!(spawned.await.unwrap(), ids.0 + ids.1 + 1);
    })
    .await;
    assert_eq!(local.loads.get(), 1);
}

// X2: what borrows from its caller and can't be owned.
struct Pool(Vec<u64>);

#[stampede(key = id, ttl = "60s", detach = false)]
async fn first<'a>(id: u64, pool: &'a Pool, path: std::borrow::Cow<'a, str>) -> Option<u64> {
    tokio::task::yield_now().await;
    pool.0.first().map(|first| first + id + path.len() as u64)
}

#[tokio::test(flavor = "current_thread")]
async fn borrowed_arguments_that_can_not_be_owned_are_loaded_in_place() {
    let pool = Pool(vec![1]);
    let text = String::from("abc");
    let (one, two) = tokio::join!(first(1, &pool, (&*text).into()), first(1, &pool, "abcd".into()));
    assert_eq!((one, two), (Some(5), Some(5)));
    assert_eq!(first::stats().loads, 1);
    // The first to come leaves: the one that waits goes on with its own arguments.
    let mut leader = Box::pin(first(2, &pool, "a".into()));
    assert!(futures::poll!(&mut leader).is_pending());
    let mut waiter = Box::pin(first(2, &pool, "ab".into()));
    assert!(futures::poll!(&mut waiter).is_pending());
    drop(leader);
    assert_eq!(soon(waiter).await, Some(5));
}
