//! Coalescing caches for functions, async and not: one load per key, whatever happens to its callers.
//!
//! ```
//! use stampede::stampede;
//! use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
//!
//! static QUERIES: AtomicU32 = AtomicU32::new(0);
//!
//! /// Asks the database, which is slow.
//! #[stampede(ttl = "5s")]
//! async fn population(country: &str, year: u16) -> Result<u64, String> {
//!     QUERIES.fetch_add(1, SeqCst);
//!     tokio::time::sleep(std::time::Duration::from_millis(20)).await;
//!     if country == "Tuvalu" { Ok(u64::from(year) * 5) } else { Err(format!("no data on {country}")) }
//! }
//!
//! #[tokio::main]
//! async fn main() {
//!     let calls = (0..10_000).map(|_| tokio::spawn(population("Tuvalu", 2_020)));
//!     for call in calls.collect::<Vec<_>>() {
//!         assert_eq!(call.await.unwrap(), Ok(10_100));
//!     }
//!     assert_eq!(QUERIES.load(SeqCst), 1);
//! }
//! ```
//!
//! - The attribute [`stampede`](macro@stampede) turns the arguments of a function into the key of a cache of its own. Beside
//!   the function stands a companion of the same name: `population::invalidate("Tuvalu", &2_020)`, `population::stats()`.
//! - [`Cache`] is the same engine by hand: `cache.get(key, || async { … })`.
//! - [`caches`] lists every live cache, for admin pages and tests.
//!
//! # What is promised
//!
//! - **One load.** Calls with equal keys that overlap share one load and its outcome, value and error alike. Calls with
//!   different keys never wait for each other.
//! - **Callers come and go.** A load is a task of its own: callers that time out or are cancelled stop nothing, and its value
//!   is stored for the next one. With `detach = false` callers drive the load, and hand it on when they leave.
//! - **A panic is one panic.** One caller gets it as it was, the others its message; the next call loads anew.
//! - **Nothing hangs.** A runtime that shuts down frees the callers on other runtimes; loads that wait for each other in a
//!   circle panic with the chain of calls.
//! - **Fresh means fresh.** A value is served for its ttl, counted from the end of its load, and never more than 10 ms longer;
//!   after that only within the stale windows that its author has set. An invalidation holds from the moment it returns, for loads in flight too.
//! - **Memory has a bound.** There are never more entries than the capacity; expired ones are released without being asked
//!   for, and what has left is dropped soon.
//! - **A hit is nearly free.** It clones no argument, allocates nothing and takes no lock; it costs the clone of the value.
//!
//! # What to know
//!
//! - Without a `ttl` calls are coalesced and nothing is stored.
//! - Values are cloned for each caller. Return large ones in an `Arc`.
//! - Errors reach all callers of a load: as clones, or as a [`SharedError`] where the error type is not `Clone`. They are not
//!   stored, unless `err_ttl` says so.
//! - The key is made of all arguments. What is no part of a call's identity, as a connection pool, is left out with `skip`.
//!   **A result that depends on who asks needs the user in its key.**
//! - A load that is a task does not see its caller's task-locals or `LocalSet`.
//! - A circle is found among loads that wait in their own task. A load that spawns a task, and waits for it while that task
//!   calls the load's own key, waits for ever.
//! - A call that drives its load (`detach = false`, or without a runtime) has to be polled or dropped: who polls it once, and
//!   then waits for another call with the same key in the same task, waits for ever.
//! - `Eq` of keys must not call the cache: it may run under a lock. `Clone` and `Drop` may.
//! - Caches can't be used in the destructors of thread-local values.
//! - A call whose own load went down with the runtime that ran it can't start it again: unless another call does, it panics,
//!   with the cache's name. Calls that waited for the load start over.
//! - On a current-thread runtime that nobody runs any more loads do not go on, and callers on other runtimes wait until it is
//!   dropped. Load on the runtime that the service runs on.
//!
//! # Features
//!
//! - `http`: `stampede::http::StampedeLayer` coalesces and caches the responses of axum, hyper and other tower services.
//! - `redis`: a second store that several processes share, on Redis or Valkey: `stampede::tier`.
//! - `tracing`: a load runs inside the span of the call that started it; one that fails while an old value stays is a warning;
//!   and a tier tells what happens.
//! - `test-util`: inside a runtime every cache follows tokio's clock, so that `tokio::time::pause` and `advance` move ttls; and
//!   a runtime is not served the entries of another, so that tests that share a static cache don't get each other's values.
//!   They still share its counts, and one entry a key: tests that count loads use keys of their own. For tests: it makes hits
//!   slower, and expired entries are released by calls.

// Only generated code calls what is there.
#[allow(clippy::must_use_candidate)]
#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;
mod attached;
pub mod bounds;
mod cache;
mod clock;
mod contain;
mod engine;
mod error;
mod flight;
mod fn_cache;
mod hashing;
#[cfg(feature = "http")]
pub mod http;
mod keyed;
mod labels;
mod park;
mod policy;
mod pool;
mod registry;
mod served;
mod sharing;
mod stats;
mod store;
mod sync;
#[cfg(feature = "redis")]
pub mod tier;
mod timer;

pub use cache::{AsKey, Borrowed, BuildError, Builder, Cache, Owned, ToKey};
pub use equivalent::Equivalent;
pub use error::{Holding, Itself, LoadTimeout, Shareable, SharedError};
pub use fn_cache::FnCache;
pub use registry::{AnyCache, caches};
pub use served::{Served, StaleReason};
/// Turns a function into a coalescing cache of its own results.
///
/// The function keeps its name, signature, visibility and documentation. Calls with equal arguments that overlap run its body
/// once, and for the `ttl` after that a call copies what is stored.
///
/// ```
/// use stampede::stampede;
/// # #[derive(Clone)] struct Page;
/// # struct Pool;
/// # impl Pool { async fn page(&self, _: u64) -> Result<Page, String> { Ok(Page) } }
///
/// #[stampede(ttl = "1m 30s", skip(pool))]
/// async fn page(pool: &std::sync::Arc<Pool>, id: u64) -> Result<Page, String> {
///     pool.page(id).await
/// }
/// ```
///
/// # Options
///
/// | option | meaning | default |
/// |---|---|---|
/// | `ttl = "5s"` | how long a value is fresh, counted from the end of its load: a number and a unit (`ms`, `s`, `m`, `h`, `d`), several of them from large to small, `"forever"`, or a path to a `const` of type [`Duration`](std::time::Duration) | `"0s"`: calls share loads, nothing is stored |
/// | `stale_while_revalidate = "10s"` | after the ttl, for this long, the old value is served at once while a load in the background brings a new one | none |
/// | `stale_if_error = "1h"` | after the ttl, for this long, a load that fails serves the old value instead of its error, and the source is left alone for a while | none |
/// | `jitter = 0.1` | each entry's ttl is drawn from ttl × [1 − 0.1, 1], so that keys loaded together don't expire together | 0 |
/// | `err_ttl = "1s"`, `none_ttl = "1s"` | how long an `Err` or a `None` (also an `Ok(None)`) is kept | an `Err` is not, a `None` is kept as any value |
/// | `ttl_from = path` | a `fn(&T) -> Duration` that tells the ttl of a value (of a `Result`, of its `Ok`), instead of `ttl` | |
/// | `load_timeout = "10s"` | a load that takes longer is dropped, and its callers get an error made `From<`[`LoadTimeout`]`>` | none |
/// | `capacity = 10_000` | the most entries, also a path to a `const` of type `u64`; `"unbounded"` | 65,536 |
/// | `key = id`, `key = (id, lang)` | these arguments are the key | all arguments, in order |
/// | `key: (u64, String) = (user.id, lang)` | a key of this type. Each part is an expression over the arguments, of the part's type or its borrowed form, as `&str` for `String` | |
/// | `skip(db, ctx)` | arguments that are no part of the key | none |
/// | `detach = false` | callers drive the load: it may hold what is not `Send` and take arguments that can't be owned | the load is a task of its own |
/// | `cache = self.pages` | a [`Cache`] to use instead of one of its own, where all about it is said when it is built: an expression over the arguments | |
/// | `tier = &*REDIS` | a store behind the cache that all processes share ([`tier`](mod@tier), feature `redis`): an expression over statics. Keys are `Serialize`, values `Serialize + DeserializeOwned`; errors are shared if they are both and kept (`err_ttl`) | none |
/// | `strict = true` | beside `tier`: where that can't be asked nothing is loaded, and callers get an error made `From<`[`TierError`](tier::TierError)`>` | false |
/// | `name = "rates"` | the cache's name in [`caches`] and in panics | module path and function name |
/// | `companion = rates`, `companion = none` | the companion's name, or none; in an `impl`, the name of a function that returns the cache (`companion = fn rates` where nothing in the function names `Self`) | the function's name; of a method `page` that has a visibility, `page_cache` |
/// | `crate = path` | where this crate is | `::stampede` |
///
/// All durations are written as the ttl is. Zero is no window, no keeping, and for `load_timeout` one poll; `"forever"` has no
/// end. The options compose: within `stale_while_revalidate` the old value is served at once, after it and within
/// `stale_if_error` a call waits for a load and gets the old value only if that fails. After a failure in either window the
/// source is left alone, and the old value served at once, for the shorter of the ttl and a second, doubling with every failure
/// in a row up to 30 s. A load that fails never changes the value that is there, nor its times. Stale windows are for values:
/// not for what `err_ttl` and `none_ttl` keep. A panic is no failure that they cover: it reaches those who waited for the load.
/// A load's time counts from its own start: with `detach = false` a caller that takes over starts a load with a time of its own.
/// Options that contradict each other don't compile.
///
/// # What it takes
///
/// - **Functions**: `async fn`s and plain ones, in modules, function bodies, `impl`s and traits, of any visibility, with type,
///   const and lifetime parameters. What `#[async_trait]` has made of a method is taken too.
/// - **Arguments**: `T`, `&T`, `&str`, `&[T]`, `Option<&T>`, with `mut` and patterns. A keyed one is `Hash`, `Eq`, `Clone`, `Send`,
///   `Sync` and owns what it holds; a skipped one is `Send`, and `Clone` behind a reference (with `detach = false`, anything).
///   A hit clones none of them. An `impl Trait` is taken where it is no part of the key.
/// - **Outputs**: anything `Clone`, `Send` and `Sync`. Of a `Result`, the error is `Clone`, or can be made of a [`SharedError`].
/// - **Bodies**: anything. A load that is a task has to be `Send`.
///
/// # The companion
///
/// Beside `async fn page` stands a type `page` that has no values. It is imported by the same `use`.
///
/// ```
/// # use stampede::stampede;
/// # #[derive(Clone, Debug, PartialEq)] struct Page(u64);
/// # #[stampede(ttl = "5s")]
/// # async fn page(id: u64, lang: &str) -> Result<Page, String> { Ok(Page(id)) }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), String> {
/// page::insert(7, "en", Page(7));                     // or `Ok(Page(7))`
/// assert_eq!(page::peek(&7, "en"), Some(Ok(Page(7)))); // what a call would get without waiting
/// assert!(page::invalidate(&7, "en"));                // true if there was an entry or a load in flight
/// page::refresh(7, "en").await?;                      // joins the load in flight or starts one, whatever is stored
/// page::uncached(7, "en").await?;                     // the plain function
/// let (page, served) = page::call_with_info(7, "en").await;
/// assert_eq!((page?, served), (Page(7), stampede::Served::Fresh)); // and how it came by the output
/// assert_eq!(page::stats().loads, 1);
/// assert_eq!(page::cache().len(), 1);                 // the [`FnCache`]
/// page::clear();
/// # Ok(())
/// # }
/// ```
///
/// `invalidate` and `peek` take owned arguments by reference and references as they are. Skipped arguments are left out of
/// all but `refresh`, `uncached` and `call_with_info`; with `key: T = …` the key itself is taken.
///
/// # Methods
///
/// A method says whose results it keeps: `cache = self.field` is a cache in each instance, `key: T = (self.id, id)` tells
/// instances apart in one cache, `skip(self)` shares it among all.
///
/// ```
/// use stampede::{Cache, stampede};
///
/// #[derive(Clone)]
/// struct Site { id: u64, pages: Cache<u64, String> }
///
/// impl Site {
///     #[stampede(cache = self.pages)]
///     async fn page(&self, id: u64) -> String { format!("{} {id}", self.id) }
///
///     #[stampede(key: (u64, u64) = (self.id, id), ttl = "5s")]
///     pub async fn visits(&self, id: u64) -> u64 { self.id + id }
///
///     #[stampede(skip(self), ttl = "1h")]
///     pub async fn country(&self, ip: std::net::IpAddr) -> Option<String> { None }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # let site = Site { id: 1, pages: Cache::builder().build() };
/// site.visits(7).await;
/// assert!(Site::visits_cache().invalidate(&(1, 7)));
/// # }
/// ```
///
/// - A load of its own needs an owned `self`: the method takes `&self` of what is `Clone`, `self: Arc<Self>`, or `self`. Else
///   callers drive it (`detach = false`).
/// - A `key` or `skip` cache exists once for each `Self` type, which holds no borrows. A method with a visibility has a function
///   beside it that returns its [`FnCache`]: `visits_cache`. Of others, and in impls of traits, it is in [`caches`], or where
///   `companion = name` says.
/// - An `async` method whose load is a task returns `impl Future + Send`; as in any such method, `Self` is `Sync`.
/// - In the body of such a method `self` has another name behind the scenes, so `{self}` in a format string is an error.
/// - `#[tracing::instrument]` stands above this attribute on methods, and below it on functions, to be about the load.
///
/// # Generic functions
///
/// Each instantiation has a cache of its own, reached by turbofish. The type parameters hold no borrows (`T: 'static` is added),
/// and what is kept of them is said in bounds; [`bounds`] has names for these.
///
/// ```
/// # use stampede::stampede;
/// # use std::str::FromStr;
/// #[stampede(ttl = "5s")]
/// async fn parse<T: FromStr + Clone + Send + Sync>(text: &str) -> Option<T> { text.parse().ok() }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(parse::<u8>("7").await, Some(7));
/// assert_eq!(parse::<u8>::stats().leads, 1);
/// assert_eq!(parse::stats_all().leads, 1);            // the sums of all instantiations
/// parse::invalidate_all("7");                         // where the key is of one type for all of them
/// parse::clear_all();
/// # }
/// ```
///
/// # Functions that are not `async`
///
/// Threads share loads as tasks do: who comes first runs the body, the others park until it is done. No runtime is needed, and
/// arguments may borrow anything. All options are for them too but `detach` and `load_timeout`: a thread can't be stopped, so a
/// load that takes too long would go on, and one more thread with it for each call that follows. Give the body a time limit, as
/// most blocking clients have one.
///
/// With `stale_while_revalidate` a call past the ttl returns the old value at once, and a thread of a pool runs the refresh, on
/// arguments of its own: skipped ones are `Send`, and `Clone` behind a reference. The pool is one for the whole process: up to 8
/// threads named `stampede-worker`, started when there is work and ended after 10 s without. Up to 1,024 refreshes wait for
/// them; beyond that a call starts none, and a later one tries again. Past the window nobody waits for the pool: a call whose
/// refresh has not been begun runs it itself. A refresh sees the runtime's handle and the `tracing` span of the call that caused
/// it. What waits or runs when the process ends is lost.
///
/// **Inside an async runtime a call that waits blocks its worker thread.** If the load needs that thread to go on, it never
/// does: call such functions by `spawn_blocking`.
///
/// ```
/// # use stampede::stampede;
/// #[stampede(ttl = "1h")]
/// fn digest(path: &std::path::Path) -> Result<u64, String> {
///     std::fs::read(path).map(|bytes| bytes.len() as u64).map_err(|error| error.to_string())
/// }
/// ```
///
/// # Panics
///
/// A call panics if its load does: one of the callers gets the panic as it was, the others its message and the cache's name.
/// It panics if its load waits for itself, on its own or through others, and the message shows the chain of calls.
///
/// # Cancel safety
///
/// Dropping a call leaves the load running, and its value is stored. With `detach = false`, and without a runtime, one of the
/// calls drives the load: when it is dropped another one that waits runs its own body instead, and the last one takes the load
/// along.
pub use stampede_macros::stampede;
pub use stats::Stats;
pub use store::RemovalCause;
