//! Generated code gives no warning, whatever kind of function it is made for, and however that is set out.

#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    unused,
    nonstandard_style,
    rust_2018_idioms,
    future_incompatible,
    let_underscore,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unused_qualifications,
    unused_results,
    clippy::all,
    clippy::pedantic
)]

use stampede::{
    Cache,
    bounds::{CacheKey, CacheOutput},
    stampede,
};
use std::sync::Arc;

/// Counts on threads.
///
/// # Errors
///
/// None.
#[stampede(ttl = "1m")]
pub fn on_threads(id: u64, lang: &str) -> Result<u64, String> {
    if lang.is_empty() { Err(lang.to_owned()) } else { Ok(id) }
}

/// Counts on threads, and again on those of the pool.
#[must_use]
#[stampede(ttl = "1m", stale_while_revalidate = "1m")]
pub fn refreshed(id: u64, lang: &str) -> Option<u64> {
    lang.parse().ok().map(|lang: u64| lang + id)
}

/// Counts in some type.
#[stampede(ttl = "1m")]
pub async fn generic<T: CacheKey + Into<u64>, O: CacheOutput + From<u64>, const N: usize>(id: T) -> O {
    tokio::task::yield_now().await;
    O::from(id.into() + N as u64)
}

/// Counts in some type, on threads.
#[stampede(ttl = "1m", stale_while_revalidate = "1m")]
pub fn generic_on_threads<T: CacheKey + ToString>(id: &T) -> String {
    id.to_string()
}

/// Counts with what it is handed.
#[stampede(key = id, ttl = "1m")]
pub async fn opaque(id: u64, with: impl Into<u64> + Send) -> u64 {
    tokio::task::yield_now().await;
    id + with.into()
}

/// Keeps a lifetime of its own.
///
/// # Errors
///
/// None.
#[stampede(ttl = "1m", stale_if_error = "1m", err_ttl = "1s")]
pub async fn with_lifetimes<'a>(id: &'a str, lang: &'a str) -> Result<String, String> {
    tokio::task::yield_now().await;
    Ok(format!("{id}{lang}"))
}

/// A site.
#[derive(Clone, Debug)]
pub struct Site<C> {
    client: C,
    pages: Cache<u64, u64>,
}

impl<C: Clone + Into<u64> + Send + Sync + 'static> Site<C> {
    /// In the site's own cache.
    #[stampede(cache = self.pages)]
    pub async fn page(&self, id: u64) -> u64 {
        tokio::task::yield_now().await;
        id + self.client.clone().into()
    }

    /// In the site's own cache, driven by callers.
    #[stampede(cache = self.pages, detach = false)]
    pub async fn driven(&self, id: u64) -> u64 {
        tokio::task::yield_now().await;
        id + self.client.clone().into()
    }

    /// In the site's own cache, on threads.
    #[stampede(cache = self.pages)]
    pub fn blocking(&self, id: u64) -> u64 {
        id + self.client.clone().into()
    }

    /// By what identifies the site.
    #[stampede(ttl = "1m", key: (u64, u64) = (self.client.clone().into(), id))]
    pub(crate) async fn keyed(&self, id: u64) -> u64 {
        tokio::task::yield_now().await;
        id + self.client.clone().into()
    }

    /// In one cache of all sites.
    #[stampede(ttl = "1m", skip(self))]
    pub async fn shared<T: CacheKey + Into<u64>>(self: Arc<Self>, id: T) -> u64 {
        tokio::task::yield_now().await;
        id.into()
    }

    /// On threads of the pool.
    #[stampede(ttl = "1m", stale_while_revalidate = "1m", skip(self))]
    pub fn refreshed(&self, id: u64) -> u64 {
        id + 1
    }

    /// Without a site.
    #[stampede(ttl = "1m", companion = none)]
    pub async fn of_none(id: u64) -> u64 {
        tokio::task::yield_now().await;
        id + 1
    }

    /// Without a site, with a name for its cache.
    ///
    /// # Errors
    ///
    /// None.
    #[stampede(ttl = "1m", companion = fn named_cache)]
    pub async fn named(id: u64) -> Result<u64, String> {
        tokio::task::yield_now().await;
        Ok(id)
    }

    #[stampede(ttl = "1m", skip(self))]
    async fn private(&self, id: u64) -> u64 {
        id + 1
    }

    #[rustfmt::skip]
    #[stampede(ttl = "1m", skip(self))]
    async fn on_one_line(&self, id: u64) -> u64 { id }

    #[rustfmt::skip]
    #[stampede(cache = self.pages, detach = false)]
    async fn driven_on_one_line(&self, id: u64) -> u64 { id }

    #[rustfmt::skip]
    #[stampede(ttl = "1m", stale_while_revalidate = "1m", skip(self))]
    fn refreshed_on_one_line(&self, id: u64) -> u64 { id }

    #[rustfmt::skip]
    #[stampede(ttl = "1m", skip(self))]
    fn blocking_on_one_line(&self, id: u64) -> u64 { self.pages.len() as u64 + id }
}

#[rustfmt::skip]
#[stampede(ttl = "1m")]
async fn on_one_line(id: u64) -> u64 { id }

#[rustfmt::skip]
#[stampede(ttl = "1m", stale_while_revalidate = "1m")]
fn refreshed_on_one_line(id: u64) -> u64 { id }

#[rustfmt::skip]
#[stampede(ttl = "1m")]
async fn generic_on_one_line<T: CacheKey>(id: T) -> T { id }

/// What is read.
#[async_trait::async_trait]
pub trait Pages {
    /// Reads one.
    async fn read(&self, id: u64) -> u64;
    /// Reads one as well.
    async fn read_again(&self, id: u64) -> u64;
}

#[async_trait::async_trait]
impl Pages for Site<u64> {
    #[stampede(ttl = "1m", skip(self))]
    async fn read(&self, id: u64) -> u64 {
        tokio::task::yield_now().await;
        id
    }

    #[rustfmt::skip]
    #[stampede(cache = self.pages)]
    async fn read_again(&self, id: u64) -> u64 { id }
}

/// What is read without boxes.
pub trait Reads {
    /// Reads one.
    fn read_unboxed(&self, id: u64) -> impl Future<Output = u64> + Send;
    /// Reads one on threads.
    fn read_blocking(&self, id: u64) -> u64;
}

impl Reads for Site<u64> {
    #[stampede(ttl = "1m", key: u64 = id)]
    async fn read_unboxed(&self, id: u64) -> u64 {
        tokio::task::yield_now().await;
        id
    }

    #[stampede(ttl = "1m", key: u64 = id)]
    fn read_blocking(&self, id: u64) -> u64 {
        id
    }
}

/// Runs it all.
///
/// # Panics
///
/// If something is not memoized.
#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    assert_eq!(on_threads(1, "en"), Ok(1));
    assert_eq!(refreshed(1, "2"), Some(3));
    assert_eq!(generic::<u8, u64, 2>(1).await, 3);
    assert_eq!(generic_on_threads(&1), "1");
    assert_eq!(opaque(1, 2_u8).await, 3);
    assert_eq!(with_lifetimes("1", "en").await.as_deref(), Ok("1en"));
    let site = Site { client: 1_u64, pages: Cache::builder().build() };
    assert_eq!(site.page(1).await, 2);
    assert_eq!(site.driven(2).await, 3);
    assert_eq!(site.blocking(3), 4);
    assert_eq!(site.keyed(4).await, 5);
    assert_eq!(Arc::new(site.clone()).shared(5_u8).await, 5);
    assert_eq!(Site::<u64>::shared_cache::<u8>().stats().loads, 1);
    assert_eq!(site.refreshed(6), 7);
    assert_eq!(Site::<u64>::of_none(7).await, 8);
    assert_eq!(Site::<u64>::named(8).await, Ok(8));
    assert_eq!(Site::<u64>::named_cache().stats().loads, 1);
    assert_eq!(site.private(9).await, 10);
    assert_eq!(site.on_one_line(10).await, 10);
    assert_eq!(site.driven_on_one_line(11).await, 11);
    assert_eq!(site.refreshed_on_one_line(12), 12);
    assert!(site.blocking_on_one_line(12) >= 12);
    assert_eq!(on_one_line(13).await, 13);
    assert_eq!(refreshed_on_one_line(13), 13);
    assert_eq!(generic_on_one_line(13_u8).await, 13);
    assert_eq!(site.read(14).await, 14);
    assert_eq!(site.read_again(15).await, 15);
    assert_eq!(site.read_unboxed(16).await, 16);
    assert_eq!(site.read_blocking(17), 17);
}
