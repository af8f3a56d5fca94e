//! The raw cache: the engine by hand, without the attribute.

mod builder;
mod key;

pub use builder::{BuildError, Builder};
pub use key::{AsKey, Borrowed, Owned, ToKey};

use crate::{
    engine::{Answer, Begin, BoxFuture, Boxed, Engine, Journey, Key, Refresher},
    served::Served,
    stats::Stats,
};
use equivalent::Equivalent;
use std::{convert::Infallible, fmt, future::Future, hash::Hash, sync::Arc, time::Duration};

/// A coalescing cache: equal keys that are asked for at the same time are loaded once, and kept for a while.
///
/// A handle: clones share the cache. Loads run as tasks of their own on the runtime of the call that started them, so callers
/// that go away stop nothing; without a runtime the callers drive them. `peek`, `insert`, `invalidate` and `clear` need none.
///
/// # Examples
///
/// ```
/// use stampede::Cache;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let pages: Cache<String, String> = Cache::builder().name("pages").ttl(Duration::from_secs(5)).build();
/// let page = pages.get("/about", || async { "rendered once".to_owned() }).await;
/// let again = pages.get("/about", || async { unreachable!("it is stored") }).await;
/// assert_eq!(page, again);
/// # }
/// ```
///
/// Loads that can fail name their error; errors are shared by the calls that waited, and not stored:
///
/// ```
/// # use stampede::Cache;
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let rates: Cache<(u8, u8), f64, String> = Cache::builder().ttl(Duration::from_secs(5)).build();
/// let rate = rates.try_get((1, 2), || async { Err("no such rate".to_owned()) }).await;
/// assert_eq!(rate, Err("no such rate".to_owned()));
/// assert_eq!(rates.len(), 0);
/// # }
/// ```
pub struct Cache<K, V, E = Infallible> {
    engine: Arc<Engine<K, Result<V, E>>>,
}

impl<K, V, E> Cache<K, V, E> {
    /// Starts to build a cache.
    pub fn builder() -> Builder<K, V, E> {
        Builder::new()
    }

    pub(crate) fn new(engine: Arc<Engine<K, Result<V, E>>>) -> Self {
        Self { engine }
    }

    pub(crate) fn engine(&self) -> &Arc<Engine<K, Result<V, E>>> {
        &self.engine
    }

    /// Returns the cache's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.engine.labels.name()
    }
}

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Returns the value of a key, from the cache or from `load`.
    ///
    /// Equal keys that are asked for while it loads wait for the same load. The key is given by value or as a reference to
    /// any form that it can be looked up by ([`ToKey`]), and owned only on a miss.
    ///
    /// # Panics
    ///
    /// If the load panics: one of its callers gets the original panic, the others its message. If the load waits for itself,
    /// on its own or through others.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the load running; its value is stored. Only without a runtime, where callers drive loads,
    /// is the load dropped with its last caller.
    pub async fn get<Form, L, F>(&self, key: impl AsKey<K, Form>, load: L) -> V
    where
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = V> + Send + 'static,
    {
        let Ok(value) = self.try_get(key, || async { Ok(load().await) }).await;
        value
    }

    /// Returns what [`get`](Self::get) returns, and how it came by it.
    ///
    /// # Panics
    ///
    /// As [`get`](Self::get).
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get).
    pub async fn get_with_info<Form, L, F>(&self, key: impl AsKey<K, Form>, load: L) -> (V, Served)
    where
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = V> + Send + 'static,
    {
        let (Ok(value), served) = self.try_get_with_info(key, || async { Ok(load().await) }).await;
        (value, served)
    }

    /// Returns a new value of a key: joins the load in flight, or starts one. The old value is served to others meanwhile.
    ///
    /// # Panics
    ///
    /// As [`get`](Self::get).
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get).
    pub async fn get_fresh<Form, L, F>(&self, key: impl AsKey<K, Form>, load: L) -> V
    where
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = V> + Send + 'static,
    {
        let Ok(value) = self.try_get_fresh(key, || async { Ok(load().await) }).await;
        value
    }
}

impl<K, V, E> Cache<K, V, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// Returns the value of a key, from the cache or from `load`, as [`get`](Cache::get) does for loads that can't fail.
    ///
    /// # Errors
    ///
    /// The load's error. All calls that waited for the load get it; it is stored only with an
    /// [`err_ttl`](Builder::err_ttl). With [`stale_if_error`](Builder::stale_if_error) an old value may be returned instead.
    ///
    /// # Panics
    ///
    /// As [`get`](Cache::get).
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Cache::get).
    pub async fn try_get<Form, L, F>(&self, key: impl AsKey<K, Form>, load: L) -> Result<V, E>
    where
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        match self.engine.begin(key.as_lookup(), ToKey::to_key, Refresher::Runtime) {
            Begin::Hit(output) => output,
            Begin::Miss(miss) => {
                // The call is on board: it must exist before a key's `Drop` can panic.
                let answer = detached(miss, load);
                drop(key);
                answer.await.0
            }
        }
    }

    /// Returns what [`try_get`](Self::try_get) returns, and how it came by it.
    ///
    /// # Panics
    ///
    /// As [`get`](Cache::get).
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Cache::get).
    pub async fn try_get_with_info<Form, L, F>(
        &self,
        key: impl AsKey<K, Form>,
        load: L,
    ) -> (Result<V, E>, Served)
    where
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        match self.engine.begin(key.as_lookup(), ToKey::to_key, Refresher::Runtime) {
            Begin::Hit(output) => (output, Served::Fresh),
            Begin::Miss(miss) => {
                let answer = detached(miss, load);
                drop(key);
                answer.await
            }
        }
    }

    /// Returns a new value of a key: joins the load in flight, or starts one. The old value is served to others meanwhile.
    ///
    /// # Errors
    ///
    /// As [`try_get`](Self::try_get).
    ///
    /// # Panics
    ///
    /// As [`get`](Cache::get).
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Cache::get).
    pub async fn try_get_fresh<Form, L, F>(&self, key: impl AsKey<K, Form>, load: L) -> Result<V, E>
    where
        L: FnOnce() -> F + Send + 'static,
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let miss = self.engine.begin_fresh(key.as_lookup(), ToKey::to_key);
        let answer = detached(miss, load);
        drop(key);
        answer.await.0
    }

    /// Returns the value that `get` would return without waiting, fresh or stale. Counts as no call, and starts no refresh.
    pub fn peek<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.engine.peek(key).and_then(Result::ok)
    }

    /// Stores a value as if a load had just returned it. A load in flight keeps its callers and is not stored.
    pub fn insert(&self, key: K, value: V) {
        self.engine.insert(key, Ok(value), None);
    }

    /// Stores a value that is fresh for `ttl` instead of the cache's own; zero stores nothing, and removes what was there.
    pub fn insert_with_ttl(&self, key: K, value: V, ttl: Duration) {
        self.engine.insert(key, Ok(value), Some(ttl));
    }

    /// Removes the entry of a key; later calls load anew. A load in flight keeps its callers and is not stored.
    ///
    /// Returns true if there was an entry that could still be served, or a load in flight.
    pub fn invalidate<Q>(&self, key: &Q) -> bool
    where
        Q: ToKey<K> + ?Sized,
    {
        self.engine.invalidate(key, Q::to_key)
    }

    /// Removes all entries, at once. Loads in flight keep their callers and are not stored.
    pub fn clear(&self) {
        self.engine.clear();
    }

    /// Returns the number of entries, expired ones that wait for their removal included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.engine.len()
    }

    /// Returns whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of keys that are being loaded now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.engine.flights()
    }

    /// Returns what the cache has done so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }
}

/// Goes on with a call that was no hit; its load is a task that runs all of `load`, what makes its future included.
fn detached<K, O, L, F>(
    miss: Journey<K, O>,
    load: L,
) -> impl Future<Output = (O, Served)> + Send + use<K, O, L, F>
where
    K: Key,
    O: Send + Sync + 'static,
    L: FnOnce() -> F + Send + 'static,
    F: Future<Output = O> + Send + 'static,
{
    let start = move || -> BoxFuture<O> { Box::pin(async move { load().await }) };
    Answer::new(miss, Boxed::<_, false>::new(start))
}

impl<K, V, E> Clone for Cache<K, V, E> {
    fn clone(&self) -> Self {
        Self { engine: Arc::clone(&self.engine) }
    }
}

impl<K, V, E> fmt::Debug for Cache<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("name", &self.name()).finish_non_exhaustive()
    }
}
