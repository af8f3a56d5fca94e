//! A second store behind the local ones, which several processes share (feature `redis`).
//!
//! A cache with a tier answers a call from the local store, else joins the flight of its key, and the flight asks the tier
//! before it loads (T1). If the tier has nothing, one process of the fleet gets a *lease* on the key and loads; the others wait
//! for its value (T2). [`Redis`] is the tier on Redis or Valkey.
//!
//! ```no_run
//! use stampede::{stampede, tier::Redis};
//! use std::sync::LazyLock;
//!
//! static REDIS: LazyLock<Redis> = LazyLock::new(|| {
//!     Redis::builder("redis://cache.internal/").application("shop").build().expect("a valid URL")
//! });
//!
//! #[stampede(ttl = "1m", tier = &*REDIS)]
//! async fn price(article: u64) -> Result<u32, String> {
//! # Ok(0)
//! }
//! ```
//!
//! By hand: `Cache::builder().name("prices").ttl(…).tier(REDIS.clone()).build()`.
//!
//! # When to use it
//!
//! When several machines ask one source for the same things, and the source, not the network, is what is slow or costly. A
//! local hit costs what it costs without a tier; a local miss costs a round trip more than a load. If a load is about as fast as
//! a round trip, leave the tier out.
//!
//! # What it guarantees
//!
//! - **One load for the fleet**, as long as the tier can be reached: who finds neither value nor lease loads, the others wait. If
//!   the holder of the lease dies, one of the others takes over when the lease ends.
//! - **A tier that is down, slow or full costs nobody an error.** Loads go on without it, still one a key in each process. The
//!   delay is one [timeout](RedisBuilder::timeout) a process; after that nobody asks until the tier answers again, which is
//!   noticed without a restart. What a cache does that is `strict` is said [there](crate::Builder::strict).
//! - **A local entry never outlives the tier's**, and is served as fresh no longer than one that was loaded here. Stale windows,
//!   `err_ttl`, `none_ttl` and jitter hold across the tier.
//! - **`invalidate`, `insert` and `clear` reach every process**: at once for the callers of the process, within a message's way
//!   for the others. What a process does while it can't reach the tier is made up for when it can again. After a lost
//!   connection a process asks whether it has missed anything, and looks its entries up again if it has.
//! - **No two clocks have to agree**: times travel as lengths. If the clock of the server is set forward, values are gone before
//!   their time; if it is set back, what would stay for longer than it lives is loaded anew, and the rest may live twice as long.
//! - **What can't be read is no error**: bytes of another version, of another type or of no sense are misses, and are replaced by
//!   the next load.
//!
//! # What it does not
//!
//! - **It is no lock.** It saves work, and it may fail to: after a lost connection, a failover, or a pause of a process that is
//!   longer than its lease, a key may be loaded twice at the same time. Nothing may depend on it that has to happen once.
//! - **It is no database.** Values may go at any moment, and after a restart from an old snapshot an old value may come back for
//!   the rest of its time.
//! - A `load_timeout` counts from when the tier is asked: waiting for the load of another process is a part of it.
//! - Where loads fail, the fleet does not try one after another, but each process that waited tries for itself, once.
//! - Two loads in two processes that wait for each other's keys are not found out as a circle; they wait for
//!   [`patience`](RedisBuilder::patience), and then load on their own.
//! - Keys are told apart by what `Serialize` makes of them: what a key leaves out there (`#[serde(skip)]`) tells no calls apart.
//!   A key that is written in another order each time, as a `HashSet` may be, is never found again.
//!
//! - `Some(None)` and `Some(())` are no more than a `None` in the encoding. A value with such a part stays in the process that has
//!   loaded it; no value comes out of the tier as another one than went in.
//!
//! # What is stored
//!
//! Under `stampede:<application>:<cache>:{<key>}` a value, beside it for the time of a load its lease and who waits for it, and
//! under `stampede:<application>:<cache>` one small hash a cache, which stays. Caches of one name share their values, so a cache
//! with a tier has to have a name; that of an annotated function is its path. Values are
//! [MessagePack](https://msgpack.org) with the names of fields: compact, and self-describing enough that a type may gain
//! fields with `#[serde(default)]` and lose others while old and new processes run side by side. Keys are written without names.
//! Values above [a size](RedisBuilder::compress_above) are compressed with LZ4, which costs less than sending what it saves.
//!
//! # What can be watched
//!
//! [`Stats::tier`](crate::Stats::tier) has a count of each thing that happens, [`Redis::is_up`] and [`Redis::outages`] tell of
//! the server. With the feature `tracing` the same are events of the target `stampede::tier`. What is as it should be is told at
//! the levels `DEBUG` and `TRACE`; warnings are for an operator, and of each kind and cache there is one in ten seconds, with the
//! number of those that were `withheld`. Keys are printed as they are named on the server.
//!
//! | event | level | fields | count |
//! |---|---|---|---|
//! | a value is found | trace | `cache`, `key` | `hits` |
//! | a lease is won | debug | `cache`, `key` | `leases` |
//! | another process has the lease; this one waits | debug | `cache`, `key`, `remaining` | `waits` |
//! | who waits looks again | trace | `cache`, `key`, `has_failed` | |
//! | a lease is taken over | debug | `cache`, `key` | `takeovers`, `leases` |
//! | a lease is renewed | trace | `cache`, `key` | `renewals` |
//! | a lease has ended before its load | debug | `cache`, `key` | |
//! | a lease is given back | trace | `cache`, `key` | |
//! | the load of another process takes too long; this one loads too | **warn** | `cache`, `key`, `waited` | `bypassed` |
//! | a load goes on without the tier | debug | `cache`, `key` | `bypassed` |
//! | a value is stored | trace | `cache`, `key` | `published` |
//! | a value is not stored: its key has changed during the load | debug | `cache`, `key` | `lost` |
//! | a value comes too late and is not stored: its lease had run out | **warn** | `cache`, `key` | `lost` |
//! | a value can't be read; the next load replaces it | **warn** | `cache`, `key` | `unreadable` |
//! | a change is made everywhere | debug | `cache`, `key`, `what`: `remove` or `insert` | `sent` |
//! | all values are made outdated everywhere | debug | `cache`, `what`: `clear` | `sent` |
//! | a change of another process has come | debug | `cache`, `key` | `changes` |
//! | another process has made all values outdated | debug | `cache` | `changes` |
//! | messages were lost; all values are looked up again | **warn** | `cache` | `resyncs` |
//! | the tier has lost all that it had | **warn** | `cache` | |
//! | the tier refuses | **warn** | `cache`, `command`, `error` | `errors` |
//! | the tier has not answered | debug | `cache`, `command`, `error` | `errors` |
//! | the tier is not asked | trace | `cache`, `command` | `avoided` |
//! | the tier can't be reached; caches go on without it | **warn** | `servers`, `error` | `Redis::outages` |
//! | messages of the tier are heard; messages of the tier are not heard | debug | `servers` | |
//! | the tier is tried | debug | `servers` | |
//! | the tier is connected; the tier is back | debug; info | `servers` | |
//!
//! **Sizing**: an entry takes its value's bytes, its key twice, and about 150 bytes. All of them expire, so any eviction policy
//! suits; with `noeviction` a full server stores nothing more, and the fleet loads without it.
//!
//! **Security**: keys and values are stored in the clear, and who can write to the server can make a process serve what he likes.
//! Give the application a user of its own, and use `rediss://` where the network is not yours, with a
//! [`certificate_authority`](RedisBuilder::certificate_authority) of your own if need be:
//!
//! ```text
//! ACL SETUSER shop on >secret ~stampede:shop:* &stampede:shop:* resetchannels &stampede:shop:* -@all +@connection +@scripting +@pubsub +get +set +del +pttl +pexpire +sadd +smembers +hmget +hset +hincrby +time +cluster|slots +cluster|shards
//! ```

mod changes;
mod client;
mod codec;
mod counters;
mod envelope;
mod escape;
mod index;
mod journal;
mod lease;
mod nested;
mod redis;
mod tiered;
mod token;
mod watch;
mod worker;

pub use codec::Codec;
pub use counters::TierStats;
pub use redis::{Redis, RedisBuilder};
pub(crate) use {
    client::{Local, Outcome},
    codec::write_key,
    lease::Lease,
    tiered::{Found, Parcel, Spec, Tiered, Want},
};

use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc, sync::Weak, time::Duration};

/// What a tier is working on.
pub type TierFuture<T> = Pin<Box<dyn Future<Output = Result<T, TierError>> + Send>>;

/// A store that several processes share: all that a cache knows of it.
///
/// It keeps bytes under bytes for a while, hands out leases, and tells of changes. [`Redis`] is one; implement it for another
/// store, or for tests. The futures that it returns are polled on a thread of this crate's own that runs a tokio runtime with I/O
/// and timers, whatever the caller runs on; they have to come to an end soon, with an error if need be.
///
/// A lease is a right to load, for a while: at most one for a key. Who holds it is told by its token.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tier; name a `stampede::tier::Redis`, as `&*REDIS` for a `static REDIS: LazyLock<Redis>`",
    label = "is no `stampede::tier::Tier`"
)]
pub trait Tier: Send + Sync + 'static {
    /// Returns the times that caches keep with it.
    fn timing(&self) -> Timing;

    /// Reads a key; and in the same step takes its lease if there is no value, or whatever there is with
    /// [`over_value`](Claim::over_value), unless somebody has it.
    ///
    /// Who claims a lease that is taken is told when it ends ([`wait`](Self::wait)).
    fn look(&self, key: &TierKey, claim: Option<Claim>) -> TierFuture<Looked>;

    /// Stores a value and ends the lease, if the lease is still held by that token and what was there when it was taken has not
    /// changed. Returns whether it did. Without bytes it removes the value that is there.
    fn publish(&self, key: &TierKey, token: &str, generation: &str, value: Option<Value>)
    -> TierFuture<bool>;

    /// Has a lease that is still held by that token last for `lease` from now on. Returns whether it is.
    fn renew(&self, key: &TierKey, token: &str, lease: Duration) -> TierFuture<bool>;

    /// Ends a lease, if it is still held by that token, and tells those who wait that there is no value.
    fn release(&self, key: &TierKey, token: &str, notice: Notice) -> TierFuture<()>;

    /// Makes a change, ends the leases that it touches, counts it, and tells every process ([`Watcher::changed`]).
    fn change(&self, namespace: &str, origin: &str, change: Change) -> TierFuture<()>;

    /// Waits until it is told that the lease of a key has ended; from now on, not from when it is polled.
    fn wait(&self, key: &TierKey) -> Pin<Box<dyn Future<Output = Notice> + Send>>;

    /// Tells `watcher` of all changes of a namespace from now on, until it is dropped.
    fn watch(&self, namespace: &str, watcher: Weak<dyn Watcher>);
}

macro_rules! tier_behind {
    ($pointer:ty) => {
        #[diagnostic::do_not_recommend]
        impl<T: Tier + ?Sized> Tier for $pointer {
            fn timing(&self) -> Timing {
                (**self).timing()
            }

            fn look(&self, key: &TierKey, claim: Option<Claim>) -> TierFuture<Looked> {
                (**self).look(key, claim)
            }

            fn publish(
                &self,
                key: &TierKey,
                token: &str,
                generation: &str,
                value: Option<Value>,
            ) -> TierFuture<bool> {
                (**self).publish(key, token, generation, value)
            }

            fn renew(&self, key: &TierKey, token: &str, lease: Duration) -> TierFuture<bool> {
                (**self).renew(key, token, lease)
            }

            fn release(&self, key: &TierKey, token: &str, notice: Notice) -> TierFuture<()> {
                (**self).release(key, token, notice)
            }

            fn change(&self, namespace: &str, origin: &str, change: Change) -> TierFuture<()> {
                (**self).change(namespace, origin, change)
            }

            fn wait(&self, key: &TierKey) -> Pin<Box<dyn Future<Output = Notice> + Send>> {
                (**self).wait(key)
            }

            fn watch(&self, namespace: &str, watcher: Weak<dyn Watcher>) {
                (**self).watch(namespace, watcher);
            }
        }
    };
}

tier_behind!(Arc<T>);
tier_behind!(&'static T);

/// A key of a cache, as bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TierKey {
    namespace: Arc<str>,
    bytes: Arc<[u8]>,
}

impl TierKey {
    pub(crate) fn new(namespace: Arc<str>, bytes: Vec<u8>) -> Self {
        Self { namespace, bytes: bytes.into() }
    }

    /// Returns the name of the cache.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Returns what tells the key apart from others of the cache.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Prints the bytes, those that are no letters or digits as `%` and two digits: as [`Redis`] names the key between braces.
impl fmt::Display for TierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape::Escaped(&self.bytes).fmt(f)
    }
}

/// The times that caches keep with a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// How long a lease lasts unless it is renewed, which is done three times as often.
    pub lease: Duration,
    /// How long one who waits for another process's load waits, before it loads on its own.
    pub patience: Duration,
    /// How often one who waits looks again, in case that a message got lost.
    pub poll: Duration,
    /// Values of more bytes are compressed; `usize::MAX` compresses none.
    pub compress_above: usize,
}

impl Default for Timing {
    /// Leases of 3 s, a patience of 30 s, a look every 500 ms, compression above 4 KiB.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(3),
            patience: Duration::from_secs(30),
            poll: Duration::from_millis(500),
            compress_above: 4_096,
        }
    }
}

/// An attempt to take a lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Tells its holder apart from all others.
    pub token: String,
    /// How long it lasts.
    pub lease: Duration,
    /// Whether it is taken although there is a value, as one that is stale or can't be read.
    pub over_value: bool,
}

/// What a look at a key brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The value, if there is one.
    pub stored: Option<Stored>,
    /// What became of the claim.
    pub lease: LeaseState,
    /// Which `clear` of the namespace was the last; a value is published with it.
    pub generation: String,
    /// How many changes there have been.
    pub state: TierState,
}

/// A value as it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// What was published. Anything, if others write to the same place.
    pub bytes: Vec<u8>,
    /// How long it will be there.
    pub remaining: Duration,
    /// Whether it was published before the last `clear`.
    pub outdated: bool,
}

/// A value as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// What is stored.
    pub bytes: Vec<u8>,
    /// For how long.
    pub life: Duration,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// There was none, or none was needed.
    Unclaimed,
    /// The lease is held by the claim's token.
    Held,
    /// Somebody else has it, at least for this long.
    Taken(Duration),
}

/// Why somebody who waits is told to look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// There may be a value.
    Changed,
    /// The load has come to nothing that is shared.
    Failed,
}

/// A change of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The value of a key goes.
    Remove(TierKey),
    /// The value of a key is replaced.
    Insert(TierKey, Value),
    /// All values go.
    Clear,
}

impl Change {
    /// What is done, as it is told.
    fn name(&self) -> &'static str {
        match self {
            Self::Remove(_) => "remove",
            Self::Insert(..) => "insert",
            Self::Clear => "clear",
        }
    }
}

/// How often a namespace has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierState {
    /// Another one after the tier has lost all that it had.
    pub epoch: String,
    /// The number of changes in this epoch.
    pub changes: u64,
}

/// Is told of the changes of a namespace.
pub trait Watcher: Send + Sync {
    /// The messages of all changes after this state will come; those before may be lost.
    fn connected(&self, state: TierState);

    /// The change that has led to this state was made by `origin`: of this key, or of all.
    fn changed(&self, state: TierState, origin: &str, key: Option<&[u8]>);
}

/// Why a tier did not do what it was asked.
#[derive(Clone, Debug)]
pub struct TierError {
    kind: TierErrorKind,
    reason: Arc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TierErrorKind {
    Configuration,
    Unavailable,
    /// The same, and it was not asked: it was unavailable a moment ago.
    Avoided,
    Refused,
}

impl TierError {
    /// It can't be reached, or does not answer in time.
    pub fn unavailable(reason: impl fmt::Display) -> Self {
        Self { kind: TierErrorKind::Unavailable, reason: reason.to_string().into() }
    }

    /// It was not asked, because it was unavailable a moment ago.
    #[must_use]
    pub fn avoided() -> Self {
        Self { kind: TierErrorKind::Avoided, reason: "it could not be reached a moment ago".into() }
    }

    /// It has answered that it won't.
    pub fn refused(reason: impl fmt::Display) -> Self {
        Self { kind: TierErrorKind::Refused, reason: reason.to_string().into() }
    }

    pub(crate) fn configuration(reason: impl fmt::Display) -> Self {
        Self { kind: TierErrorKind::Configuration, reason: reason.to_string().into() }
    }

    /// Returns whether the tier can't be reached, or does not answer in time.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self.kind, TierErrorKind::Unavailable | TierErrorKind::Avoided)
    }

    /// Returns whether the tier was not asked at all, because it was unavailable a moment ago.
    #[must_use]
    pub fn is_avoided(&self) -> bool {
        self.kind == TierErrorKind::Avoided
    }

    /// Returns whether the tier has answered that it won't, as a server does that is full.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.kind == TierErrorKind::Refused
    }

    /// Returns whether a URL or an option makes no sense.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.kind == TierErrorKind::Configuration
    }
}

impl fmt::Display for TierError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            TierErrorKind::Configuration => "the tier can't be set up",
            TierErrorKind::Unavailable | TierErrorKind::Avoided => "the tier can't be reached",
            TierErrorKind::Refused => "the tier refuses",
        };
        write!(f, "{what}: {}", self.reason)
    }
}

impl Error for TierError {}
