//! The tier on Redis or Valkey.

mod breaker;
mod builder;
mod link;
mod names;
mod scripts;
mod servers;
mod subscription;

pub use builder::RedisBuilder;

use super::{
    Change, Claim, LeaseState, Looked, Notice, Stored, Tier, TierError, TierFuture, TierKey, TierState,
    Timing, Value, Watcher, token,
};
use link::{Link, millis};
use names::Names;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Weak},
    time::Duration,
};
use subscription::Subscriptions;

/// A tier on Redis (7.0 or newer) or Valkey: one server, a cluster, or what sentinels name.
///
/// A handle: clones share its two connections, one for commands and one for messages. So do handles that are built alike, in the
/// whole process. They are kept up by threads of their own, and made again when they are lost; nothing waits for them but the
/// first calls, for no longer than the [timeout](RedisBuilder::timeout).
///
/// See the [module](super) for what it guarantees, what is stored, and what a user of it may do on the server.
///
/// # Examples
///
/// ```no_run
/// use stampede::tier::Redis;
///
/// let redis = Redis::connect("redis://cache.internal/")?;
/// let cluster = Redis::cluster(["rediss://a.cache.internal/", "rediss://b.cache.internal/"]).build()?;
/// let failover = Redis::sentinel(["redis://s1:26379/", "redis://s2:26379/"], "mymaster").application("shop").build()?;
/// # Ok::<(), stampede::tier::TierError>(())
/// ```
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    link: Arc<Link>,
    subscriptions: Arc<Subscriptions>,
    names: Names,
    timing: Timing,
}

impl Redis {
    /// Makes a tier on the server at a URL, `redis://`, `rediss://` or `unix://`, with all options as they are by default.
    ///
    /// It is connected to in the background.
    ///
    /// # Errors
    ///
    /// If the URL is none.
    pub fn connect(url: impl Into<String>) -> Result<Self, TierError> {
        Self::builder(url).build()
    }

    /// Starts to build a tier on the server at a URL, `redis://`, `rediss://` or `unix://`.
    pub fn builder(url: impl Into<String>) -> RedisBuilder {
        RedisBuilder::single(url.into())
    }

    /// Starts to build a tier on a cluster, of which these nodes are asked for the others.
    pub fn cluster<U: Into<String>>(nodes: impl IntoIterator<Item = U>) -> RedisBuilder {
        RedisBuilder::cluster(nodes.into_iter().map(Into::into).collect())
    }

    /// Starts to build a tier on the master that these sentinels name.
    pub fn sentinel<U: Into<String>>(
        sentinels: impl IntoIterator<Item = U>,
        master: impl Into<String>,
    ) -> RedisBuilder {
        RedisBuilder::sentinel(sentinels.into_iter().map(Into::into).collect(), master.into())
    }

    /// Returns whether the server has answered, and no command has failed for want of it since. For a page that shows how a
    /// service is; calls need not ask.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.0.link.breaker().is_up()
    }

    /// Returns how often the server could not be reached any more, or at first, since this was built: how often the breaker
    /// has opened.
    #[must_use]
    pub fn outages(&self) -> u64 {
        self.0.link.breaker().openings()
    }
}

/// What a script tells of a look.
type Look = (u64, u8, Vec<u8>, i64, String, u64);

impl Tier for Redis {
    fn timing(&self) -> Timing {
        self.0.timing
    }

    fn look(&self, key: &TierKey, claim: Option<Claim>) -> TierFuture<Looked> {
        let (inner, key) = (Arc::clone(&self.0), key.clone());
        Box::pin(async move { inner.look(&key, claim).await })
    }

    fn publish(
        &self,
        key: &TierKey,
        token: &str,
        generation: &str,
        value: Option<Value>,
    ) -> TierFuture<bool> {
        let (inner, key) = (Arc::clone(&self.0), key.clone());
        let (token, generation) = (token.to_owned(), generation.to_owned());
        Box::pin(async move { inner.publish(&key, &token, &generation, value).await })
    }

    fn renew(&self, key: &TierKey, token: &str, lease: Duration) -> TierFuture<bool> {
        let (inner, names, token) = (Arc::clone(&self.0), self.0.names.key(key), token.to_owned());
        Box::pin(async move {
            let mut call = scripts::RENEW.key(&names);
            call.arg(token).arg(whole_millis(lease));
            let call = &call;
            inner
                .link
                .run(true, |mut connection| async move { call.invoke_async(&mut connection).await })
                .await
        })
    }

    fn release(&self, key: &TierKey, token: &str, notice: Notice) -> TierFuture<()> {
        let (inner, names, token) = (Arc::clone(&self.0), self.0.names.key(key), token.to_owned());
        let notice = match notice {
            Notice::Changed => "v",
            Notice::Failed => "f",
        };
        Box::pin(async move {
            let mut call = scripts::RELEASE.key(&names);
            call.arg(token).arg(notice);
            let call = &call;
            inner
                .link
                .run(true, |mut connection| async move { call.invoke_async::<()>(&mut connection).await })
                .await
        })
    }

    fn change(&self, namespace: &str, origin: &str, change: Change) -> TierFuture<()> {
        let inner = Arc::clone(&self.0);
        let (namespace, origin) = (namespace.to_owned(), origin.to_owned());
        Box::pin(async move { inner.change(&namespace, &origin, change).await })
    }

    fn wait(&self, key: &TierKey) -> Pin<Box<dyn Future<Output = Notice> + Send>> {
        let [value, ..] = self.0.names.key(key);
        Box::pin(self.0.subscriptions.wait(value))
    }

    fn watch(&self, namespace: &str, watcher: Weak<dyn Watcher>) {
        self.0.subscriptions.watch(self.0.names.namespace(namespace), watcher);
    }
}

impl Inner {
    async fn look(&self, key: &TierKey, claim: Option<Claim>) -> Result<Looked, TierError> {
        let hash = self.names.namespace(key.namespace());
        let epoch = token::unique();
        let mut look = scripts::LOOK.key(&self.names.key(key));
        match &claim {
            Some(Claim { token, lease, over_value }) => {
                look.arg(token).arg(whole_millis(*lease)).arg(u8::from(*over_value));
            }
            None => {
                look.arg("").arg(0).arg(0);
            }
        }
        look.arg(&self.names.inbox).arg(self.link.time()).arg(self.link.tolerance());
        let mut state = scripts::STATE.key(&hash);
        state.arg(epoch);
        let (look, state) = (&look, &state);
        let (state, look) = self
            .link
            .run(true, |mut connection| async move {
                let mut other = connection.clone();
                // In this order: what is changed between the two is heard of later.
                futures_util::try_join!(
                    state.invoke_async::<(String, u64, u64)>(&mut connection),
                    look.invoke_async::<Look>(&mut other),
                )
            })
            .await?;
        let (epoch, clears, changes) = state;
        let (time, is_there, bytes, remaining, lease, left) = look;
        self.link.heard(time);
        let generation = format!("{epoch}.{clears}");
        let stored = (is_there == 1).then(|| {
            // One that does not run out is none of ours.
            let remaining = Duration::from_millis(u64::try_from(remaining).unwrap_or(0));
            match split_generation(&bytes) {
                Some((of, bytes)) => {
                    Stored { bytes: bytes.to_vec(), remaining, outdated: of != generation.as_bytes() }
                }
                None => Stored { bytes: Vec::new(), remaining, outdated: false },
            }
        });
        let lease = match lease.as_str() {
            "held" => LeaseState::Held,
            "taken" => LeaseState::Taken(Duration::from_millis(left)),
            _ => LeaseState::Unclaimed,
        };
        Ok(Looked { stored, lease, generation, state: TierState { epoch, changes } })
    }

    async fn publish(
        &self,
        key: &TierKey,
        token: &str,
        generation: &str,
        value: Option<Value>,
    ) -> Result<bool, TierError> {
        let names = self.names.key(key);
        let (stored, had_lease) = self.store(&names, token, generation, value.as_ref(), false).await?;
        if stored || had_lease || value.is_none() {
            return Ok(stored);
        }
        // Nobody has the lease: it has run out, or the server has lost it with all else that it had.
        let hash = self.names.namespace(key.namespace());
        let epoch = token::unique();
        let mut state = scripts::STATE.key(&hash);
        state.arg(epoch);
        let state = &state;
        let (epoch, clears, changes): (String, u64, u64) = self
            .link
            .run(true, |mut connection| async move { state.invoke_async(&mut connection).await })
            .await?;
        if changes > 0 || generation.split('.').next() == Some(&epoch) {
            return Ok(false);
        }
        let generation = format!("{epoch}.{clears}");
        let (stored, _) = self.store(&names, token, &generation, value.as_ref(), true).await?;
        Ok(stored)
    }

    /// Whether it has been stored, and whether there was a lease.
    async fn store(
        &self,
        names: &[String; 3],
        token: &str,
        generation: &str,
        value: Option<&Value>,
        without_lease: bool,
    ) -> Result<(bool, bool), TierError> {
        let (bytes, life) = match value {
            Some(Value { bytes, life }) => (join_generation(generation, bytes), millis(*life)),
            None => (Vec::new(), 0),
        };
        let mut call = scripts::PUBLISH.key(names);
        call.arg(token).arg(bytes).arg(life).arg(self.link.time()).arg(self.link.tolerance());
        call.arg(u8::from(without_lease));
        let call = &call;
        let (time, stored, lease): (u64, bool, bool) = self
            .link
            .run(false, |mut connection| async move { call.invoke_async(&mut connection).await })
            .await?;
        self.link.heard(time);
        Ok((stored, lease))
    }

    async fn change(&self, namespace: &str, origin: &str, change: Change) -> Result<(), TierError> {
        let hash = self.names.namespace(namespace);
        let (kind, bytes) = match &change {
            Change::Remove(key) | Change::Insert(key, _) => ("k", key.bytes()),
            Change::Clear => ("c", &[][..]),
        };
        match &change {
            Change::Remove(key) => self.replace(key, None).await?,
            Change::Insert(key, value) => {
                let mut state = scripts::STATE.key(&hash);
                state.arg(token::unique());
                let state = &state;
                let (epoch, clears, _): (String, u64, u64) = self
                    .link
                    .run(true, |mut connection| async move { state.invoke_async(&mut connection).await })
                    .await?;
                self.replace(key, Some((format!("{epoch}.{clears}"), value))).await?;
            }
            Change::Clear => {}
        }
        let mut call = scripts::ANNOUNCE.key(&hash);
        call.arg(token::unique()).arg(&hash).arg(origin).arg(kind).arg(bytes);
        let call = &call;
        self.link
            .run(true, |mut connection| async move { call.invoke_async::<()>(&mut connection).await })
            .await
    }

    async fn replace(&self, key: &TierKey, value: Option<(String, &Value)>) -> Result<(), TierError> {
        let (bytes, life) = match value {
            Some((generation, Value { bytes, life })) => (join_generation(&generation, bytes), millis(*life)),
            None => (Vec::new(), 0),
        };
        let mut call = scripts::CHANGE.key(&self.names.key(key));
        call.arg(bytes).arg(life).arg(self.link.time()).arg(self.link.tolerance());
        let call = &call;
        self.link
            .run(true, |mut connection| async move { call.invoke_async::<()>(&mut connection).await })
            .await
    }
}

/// In front of a value: its generation, by its length.
fn join_generation(generation: &str, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(generation.len()).expect("an epoch and a number are short");
    [&[length], generation.as_bytes(), bytes].concat()
}

fn split_generation(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

/// In milliseconds, and not none of them.
fn whole_millis(duration: Duration) -> u64 {
    millis(duration).max(1)
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("link", &self.0.link)
            .field("names", &self.0.names)
            .finish_non_exhaustive()
    }
}
