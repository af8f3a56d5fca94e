//! Methods in inherent and trait impls, with each of the ways to say whose results are kept.

#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

use stampede::{Cache, stampede};
use std::{
    fmt::Display,
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

/// A repository.
#[derive(Clone)]
pub struct Repo {
    id: u64,
    loads: Arc<AtomicU64>,
    pages: Cache<u64, String>,
    rates: Cache<(u64, String), u64, String>,
}

impl Repo {
    fn new(id: u64) -> Self {
        let ttl = Duration::from_secs(61);
        let pages = Cache::builder().ttl(ttl).build();
        let rates = Cache::builder().ttl(ttl).build();
        Self { id, loads: Arc::default(), pages, rates }
    }

    fn count(&self) -> u64 {
        self.loads.fetch_add(1, SeqCst)
    }

    /// Shares one cache.
    #[stampede(skip(self), ttl = "1m")]
    pub async fn shared(&self, id: u64, lang: &str) -> String {
        tokio::task::yield_now().await;
        self.count();
        format!("{} {id} {lang}", self.id)
    }

    /// Knows its instances by a key.
    ///
    /// # Errors
    ///
    /// For 0.
    #[stampede(key: (u64, u64) = (self.id, id), ttl = "1m")]
    pub(crate) async fn by_key(&self, id: u64) -> Result<u64, String> {
        self.count();
        if id == 0 {
            return Err("zero".into());
        }
        let parsed: u64 = id.to_string().parse().map_err(|error: std::num::ParseIntError| error.to_string())?;
        Ok(parsed + self.id)
    }

    /// Has a cache in each instance.
    #[stampede(cache = self.pages)]
    pub async fn page(&self, id: u64) -> String {
        self.count();
        format!("{} {id}", self.id)
    }

    #[stampede(cache = self.rates)]
    async fn rate(&self, id: u64, to: &str) -> Result<u64, String> {
        self.count();
        to.parse::<u64>().map(|to| to + id).map_err(|error| error.to_string())
    }

    #[stampede(skip(self), ttl = "1m")]
    async fn private(&self, (a, b): (u8, u8), mut c: u8) -> u8 {
        struct Inner(u8);
        impl Inner {
            fn get(&self) -> u8 {
                self.0
            }
        }
        use std::cmp::{self, Ordering};
        c += 1;
        let inner = Inner(a + b);
        assert_eq!(a.cmp(&a), Ordering::Equal);
        self.count();
        cmp::max(inner.get() + c, 1)
    }

    /// Takes itself in an `Arc`.
    #[stampede(key = id, ttl = "1m")]
    pub async fn by_arc(self: Arc<Self>, id: u64) -> u64 {
        self.count();
        self.id + id
    }

    #[stampede(key = id, ttl = "1m")]
    async fn by_arc_reference(self: &Arc<Self>, id: u64) -> u64 {
        self.id + id
    }

    #[stampede(skip(self), ttl = "1m")]
    async fn by_value(mut self, id: u64) -> u64 {
        self.id += id;
        self.id
    }

    /// Drives in place.
    #[stampede(skip(self), ttl = "1m", detach = false)]
    pub async fn in_place(&self, id: &str) -> String {
        tokio::task::yield_now().await;
        format!("{id} {}", self.id)
    }

    /// Calls itself.
    #[stampede(skip(self), ttl = "1m")]
    pub async fn fib(&self, n: u64) -> u64 {
        if n < 2 { n } else { self.fib(n - 1).await + self.fib(n - 2).await }
    }

    /// Blocks.
    #[must_use]
    #[stampede(skip(self), ttl = "1m")]
    pub fn blocking(&self, id: u64) -> u64 {
        self.count();
        if id == 0 {
            return 7;
        }
        self.id + id
    }

    #[stampede(skip(self), companion = named_pages)]
    async fn named(&self, id: u64) -> u64 {
        self.id + id
    }

    /// Has no receiver.
    #[stampede(companion = none, ttl = "1m")]
    pub async fn associated(id: u64) -> u64 {
        tokio::task::yield_now().await;
        id
    }

    /// Makes one.
    #[stampede(companion = made, ttl = "1m")]
    pub async fn make(id: u64) -> Arc<Self> {
        Arc::new(Self::new(id))
    }

    #[stampede(companion = fn explicit_cache, ttl = "1m")]
    fn explicit(id: u64) -> u64 {
        id
    }

    /// Is generic as well.
    #[stampede(skip(self), ttl = "1m")]
    pub async fn generic<T: Hash + Eq + Clone + Send + Sync + Display, const N: usize>(&self, value: T) -> String {
        format!("{value} {N}")
    }

    /// Is generic without constants.
    #[stampede(skip(self, f), ttl = "1m")]
    pub async fn typed<T: Clone + Send + Sync>(&self, id: u64, f: impl Fn(u64) -> T + Send + 'static) -> T {
        f(id)
    }
}

/// Of what any `T` is.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Generic<T> {
    value: T,
}

impl<T: Hash + Eq + Clone + Send + Sync + Display + 'static> Generic<T> {
    #[stampede(skip(self), ttl = "1m")]
    pub(crate) async fn show(&self, other: T, by: &T) -> String {
        format!("{}{other}{by}", self.value)
    }

    #[stampede(key = (self, id), ttl = "1m")]
    async fn whole(&self, id: u64) -> u64
    where
        Self: Hash + Eq,
    {
        id
    }

    #[stampede(skip(self), ttl = "1m")]
    #[cfg(any())]
    pub async fn never(&self) {}

    #[stampede(companion = none, ttl = "1m")]
    async fn name() -> &'static str {
        std::any::type_name::<T>()
    }
}

trait Pages {
    async fn one(&self, id: u64) -> Result<String, String>;
    fn two(&self, id: u64) -> impl Future<Output = u64> + Send;
    fn three(&self, id: u64) -> u64;
}

impl Pages for Repo {
    #[stampede(skip(self), ttl = "1m")]
    async fn one(&self, id: u64) -> Result<String, String> {
        if id == 0 {
            Ok("end".into())
        } else {
            self.one(id - 1).await
        }
    }

    #[stampede(key: u64 = self.id + id, ttl = "1m")]
    async fn two(&self, id: u64) -> u64 {
        self.id + id
    }

    #[stampede(skip(self), ttl = "1m")]
    fn three(&self, id: u64) -> u64 {
        self.id + id
    }
}

trait Named: Clone + Send + Sync + 'static {
    fn name(&self) -> String;

    #[stampede(skip(self), ttl = "1m")]
    async fn greet(&self, greeting: &str) -> String {
        format!("{greeting} {}", self.name())
    }
}

#[derive(Clone)]
struct Ann;
#[derive(Clone)]
struct Bob;

impl Named for Ann {
    fn name(&self) -> String {
        "Ann".into()
    }
}

impl Named for Bob {
    fn name(&self) -> String {
        "Bob".into()
    }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

/// Runs it all.
///
/// # Panics
///
/// If something is not memoized.
#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    let (one, two) = (Repo::new(1), Repo::new(2));
    for _ in 0..2 {
        assert_eq!(is_send(one.shared(7, "en")).await, "1 7 en");
        assert_eq!(two.shared(7, "en").await, "1 7 en");
        assert_eq!(one.by_key(7).await, Ok(8));
        assert_eq!(two.by_key(7).await, Ok(9));
        assert_eq!(one.page(7).await, "1 7");
        assert_eq!(two.page(7).await, "2 7");
        assert_eq!(one.rate(7, "1").await, Ok(8));
        assert_eq!(one.private((1, 2), 3).await, 7);
        assert_eq!(one.blocking(7), 8);
        assert_eq!(Arc::new(one.clone()).by_arc(7).await, 8);
    }
    assert_eq!(one.loads.load(SeqCst), 7);
    assert_eq!(two.loads.load(SeqCst), 2);
    assert!(one.rate(7, "x").await.is_err());
    assert_eq!(one.by_key(0).await, Err("zero".to_owned()));
    assert_eq!(Repo::shared_cache().stats().hits, 3);
    assert!(Repo::shared_cache().name().ends_with("::Repo::shared"));
    assert!(Repo::by_key_cache().invalidate(&(1, 7)));
    assert_eq!(one.pages.len(), 1);
    assert_eq!(Arc::new(one.clone()).by_arc_reference(1).await, 2);
    assert_eq!(one.clone().by_value(1).await, 2);
    assert_eq!(one.in_place("a").await, "a 1");
    assert_eq!(tokio::spawn(async move { Repo::new(1).fib(30).await }).await.unwrap(), 832_040);
    assert_eq!(Repo::blocking_cache().stats().hits, 1);
    assert_eq!(one.blocking(0), 7);
    assert_eq!(one.named(1).await, 2);
    assert_eq!(Repo::named_pages().stats().leads, 1);
    assert_eq!(Repo::associated(3).await, 3);
    assert_eq!(Repo::make(3).await.id, 3);
    assert_eq!(Repo::made().len(), 1);
    assert_eq!(Repo::explicit(3), 3);
    assert_eq!(Repo::explicit_cache().len(), 1);
    assert_eq!(one.generic::<_, 3>("a").await, "a 3");
    assert_eq!(one.generic::<u8, 3>(1).await, "1 3");
    assert_eq!(one.generic::<u8, 4>(1).await, "1 4");
    assert_eq!(Repo::generic_cache::<u8, 4>().stats().leads, 1);
    assert_eq!(one.typed(1, |id| id).await, 1);
    assert_eq!(one.typed(1, |id| id.to_string()).await, "1");

    assert_eq!(Generic { value: 1 }.show(2, &3).await, "123");
    assert_eq!(Generic { value: "a" }.show("b", &"c").await, "abc");
    assert_eq!(Generic::<i32>::show_cache().len(), 1);
    assert_eq!(Generic { value: 1 }.whole(2).await, 2);
    assert_eq!(Generic::<u8>::name().await, "u8");
    assert_eq!(Generic::<u16>::name().await, "u16");

    assert_eq!(one.one(5).await.as_deref(), Ok("end"));
    assert_eq!(is_send(one.two(5)).await, 6);
    assert_eq!(one.three(5), 6);
    assert_eq!(Ann.greet("hello").await, "hello Ann");
    assert_eq!(Bob.greet("hello").await, "hello Bob");
    assert!(stampede::caches().iter().any(|cache| cache.name().ends_with("Ann::greet")));
}
