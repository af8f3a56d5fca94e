//! Builds a raw cache.

#[cfg(feature = "redis")]
use crate::tier::{Codec, Spec, Tier, TierError};
use crate::{
    Cache, LoadTimeout, SharedError,
    attached::Attached,
    engine::Engine,
    error::Shareable,
    labels::Labels,
    policy::{Policy, Settings, TtlFrom},
    registry,
    sharing::{Kind, Sharing, result_kind, share_result},
    store::{Bounds, RemovalCause},
};
use std::{borrow::Cow, error::Error, fmt, hash::Hash, time::Duration};

/// Builds a [`Cache`]; see [`Cache::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct Builder<K, V, E> {
    name: Option<Cow<'static, str>>,
    settings: Settings,
    tier: Attached<K, Result<V, E>>,
    #[cfg(feature = "redis")]
    strict: Option<fn(TierError) -> Result<V, E>>,
    bounds: Bounds<K, Result<V, E>>,
    ttl_from: Option<TtlFrom<Result<V, E>>>,
    timed_out: Option<fn(LoadTimeout) -> Result<V, E>>,
    kind: fn(&Result<V, E>) -> Kind,
    print_key: fn(&K) -> Option<String>,
    describe: fn(&Result<V, E>) -> Option<String>,
}

impl<K, V, E> Builder<K, V, E> {
    pub(crate) fn new() -> Self {
        Self {
            name: None,
            settings: Settings::NEW,
            tier: Attached::none(),
            #[cfg(feature = "redis")]
            strict: None,
            bounds: Bounds::default(),
            ttl_from: None,
            timed_out: None,
            kind: result_kind,
            print_key: |_| None,
            describe: |_| None,
        }
    }

    /// Names the cache in [`caches`](crate::caches) and in panics. Default: its type.
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Keeps values for this long, counted from the end of the load.
    ///
    /// Zero, the default, stores nothing: calls that overlap share a load. `Duration::MAX` keeps values for ever. A value is
    /// never served as fresh for longer than the ttl and 10 ms. The time of day plays no part in this and may be set; on Linux
    /// the time for which a machine is suspended does not count.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.settings.ttl = ttl;
        self
    }

    /// Asks every value for its ttl, instead of [`ttl`](Self::ttl). Zero does not keep the value.
    ///
    /// If `ttl_from` panics, the load counts as one that panicked.
    pub fn ttl_from(mut self, ttl_from: impl Fn(&V) -> Duration + Send + Sync + 'static) -> Self
    where
        V: 'static,
        E: 'static,
    {
        self.settings.has_ttl_from = true;
        self.ttl_from = Some(Box::new(move |output| output.as_ref().map_or(Duration::ZERO, &ttl_from)));
        self
    }

    /// After the ttl, for this long, serves the old value at once and loads a new one in the background.
    ///
    /// At most one such load a key is in flight. One that fails changes neither value nor deadlines, and the next one waits:
    /// for the shorter of the ttl and a second, doubling with every failure in a row up to 30 s. Callers that come after this
    /// window wait for the load that is in flight. Without a runtime there is no background, and neither is there for methods
    /// with `cache = …` that are not `async` or have `detach = false`: a call then waits for its load, unless there is one in
    /// flight.
    ///
    /// Zero, the default, is no such window; `Duration::MAX` one without end. After RFC 5861, section 3.
    pub fn stale_while_revalidate(mut self, window: Duration) -> Self {
        self.settings.stale_while_revalidate = window;
        self
    }

    /// After the ttl, for this long, serves the old value in place of a load's error.
    ///
    /// After a failure the source is left alone, and the old value served at once: for the shorter of the ttl and a second,
    /// doubling with every failure in a row up to 30 s. Once the window is over, callers get the error. A panic is no error:
    /// it reaches the callers that waited for it.
    ///
    /// Zero, the default, is no such window; `Duration::MAX` one without end. After RFC 5861, section 4.
    pub fn stale_if_error(mut self, window: Duration) -> Self {
        self.settings.stale_if_error = window;
        self
    }

    /// Draws the ttl of every entry from `ttl` × [1 − `jitter`, 1], so that keys loaded together don't expire together.
    ///
    /// Between 0, the default, and 1. A draw of zero does not keep the value.
    pub fn jitter(mut self, jitter: f64) -> Self {
        self.settings.jitter = jitter;
        self
    }

    /// Keeps errors for this long. Zero, the default, does not keep them. No stale window is for them, and none replaces a
    /// value that can still be served.
    pub fn err_ttl(mut self, ttl: Duration) -> Self {
        self.settings.err_ttl = ttl;
        self
    }

    /// Drops a load that takes longer than this: its callers get an error, and the next call loads anew.
    ///
    /// Zero gives a load one poll, `Duration::MAX`, the default, all time. A load that blocks its thread is not interrupted.
    /// The runtime's timer has to be enabled.
    pub fn load_timeout(mut self, limit: Duration) -> Self
    where
        E: From<LoadTimeout>,
    {
        self.settings.load_timeout = limit;
        self.timed_out = Some(|timeout| Err(timeout.into()));
        self
    }

    /// Bounds the number of entries; or, with a [`weigher`](Self::weigher), what they weigh together. Default: 65,536.
    ///
    /// When the bound is reached, entries that were not used lately make room: S3-FIFO (Yang et al., SOSP 2023), with a small
    /// queue that adapts. There are never more entries than the bound, at no moment. Zero stores nothing.
    pub fn capacity(mut self, most: u64) -> Self {
        self.bounds.capacity = Some(most);
        self
    }

    /// Keeps entries until their time is over, however many there are.
    ///
    /// With keys that come from outside this lets others fill the memory.
    pub fn unbounded(mut self) -> Self {
        self.bounds.capacity = None;
        self
    }

    /// Weighs entries, in bytes or in whatever unit the [`capacity`](Self::capacity) is meant. What weighs zero counts as one.
    ///
    /// Called once for each value that is stored, under no lock. A value that is heavier than the whole capacity is not stored.
    /// If it panics, the value goes to its callers unstored.
    pub fn weigher(mut self, weigh: impl Fn(&K, &V) -> u32 + Send + Sync + 'static) -> Self
    where
        V: 'static,
        E: 'static,
    {
        self.bounds.weigh =
            Some(Box::new(move |key, output| output.as_ref().map_or(1, |value| weigh(key, value))));
        self
    }

    /// Is told of every value that leaves the cache, and why: once for each, by the thread that takes it out, under no lock.
    ///
    /// Calls of the cache from within are fine. A panic in it is reported by the panic hook, and harms nobody. When the cache
    /// itself is dropped, nobody is told.
    pub fn on_removal(mut self, listen: impl Fn(&K, &V, RemovalCause) + Send + Sync + 'static) -> Self
    where
        V: 'static,
        E: 'static,
    {
        self.bounds.listen = Some(Box::new(move |key, output, cause| {
            if let Ok(value) = output {
                listen(key, value, cause);
            }
        }));
        self
    }

    /// Prints keys in the message about loads that wait for each other, as `pages("en")`; without it, as `pages(…)`.
    pub fn print_keys(mut self) -> Self
    where
        K: fmt::Debug,
    {
        self.print_key = |key| Some(format!("{key:?}"));
        self
    }

    /// Prints errors in the warning about a load that failed while the old value stays (feature `tracing`).
    pub fn print_errors(mut self) -> Self
    where
        E: fmt::Display,
    {
        self.describe = |output| output.as_ref().err().map(E::to_string);
        self
    }

    /// Puts a tier behind the cache, a store that all processes of an application share ([`tier`](crate::tier)). It has to have a
    /// [`name`](Self::name) then, which is the same in all of them: caches of one name share their values.
    ///
    /// Errors stay in their process. With [`tier_of_results`](Self::tier_of_results) they don't.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use stampede::{Cache, tier::Redis};
    /// use std::time::Duration;
    ///
    /// let redis = Redis::builder("redis://cache.internal/").application("shop").build()?;
    /// let prices: Cache<u64, u32, String> =
    ///     Cache::builder().name("prices").ttl(Duration::from_secs(60)).tier(redis).build();
    /// # Ok::<(), stampede::tier::TierError>(())
    /// ```
    #[cfg(feature = "redis")]
    #[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
    pub fn tier(mut self, tier: impl Tier) -> Self
    where
        K: serde::Serialize,
        V: serde::Serialize + serde::de::DeserializeOwned,
    {
        self.tier = Spec::new(tier, Codec::of_values()).into();
        self
    }

    /// As [`tier`](Self::tier), and errors that are kept ([`err_ttl`](Self::err_ttl)) are shared too.
    #[cfg(feature = "redis")]
    #[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
    pub fn tier_of_results(mut self, tier: impl Tier) -> Self
    where
        K: serde::Serialize,
        V: serde::Serialize + serde::de::DeserializeOwned,
        E: serde::Serialize + serde::de::DeserializeOwned,
    {
        self.tier = Spec::new(tier, Codec::of_results()).into();
        self
    }

    /// Loads nothing where the [`tier`](Self::tier) can't be asked: callers get its error, or a stale value within
    /// [`stale_if_error`](Self::stale_if_error).
    ///
    /// This protects a source that a fleet without a tier would overrun. It makes the tier a part without which the service does
    /// not work.
    #[cfg(feature = "redis")]
    #[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
    pub fn strict(mut self) -> Self
    where
        E: From<TierError>,
    {
        self.strict = Some(|error| Err(error.into()));
        self
    }

    #[cfg_attr(not(feature = "redis"), expect(unused_mut))]
    fn finish(mut self, sharing: Sharing<Result<V, E>>) -> Result<Cache<K, V, E>, BuildError>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
        E: Send + Sync + 'static,
    {
        if let Some(conflict) = self.settings.conflict() {
            return Err(BuildError { conflict });
        }
        #[cfg(feature = "redis")]
        if let Some(spec) = &mut self.tier.spec {
            if let Some(conflict) = self.settings.conflict_with_tier(self.name.is_some()) {
                return Err(BuildError { conflict });
            }
            if let Some(strict) = self.strict {
                spec.set_strict(strict);
            }
        } else if self.strict.is_some() {
            let conflict =
                "`strict` keeps a cache from loading without its `tier`, and there is none; set `tier` too";
            return Err(BuildError { conflict });
        }
        let name = self.name.unwrap_or(Cow::Borrowed(std::any::type_name::<Cache<K, V, E>>()));
        let labels = Labels::new(name, self.print_key);
        let policy = Policy::new(self.settings, self.ttl_from, self.timed_out);
        let sharing = Sharing { kind: self.kind, describe: self.describe, ..sharing };
        let engine = Engine::new(labels, policy, self.bounds, sharing, self.tier);
        registry::add(&engine);
        Ok(Cache::new(engine))
    }
}

impl<K, T, E> Builder<K, Option<T>, E> {
    /// Keeps a `None` for this long; without it, as any value. Zero does not keep it. No stale window is for it then.
    pub fn none_ttl(mut self, ttl: Duration) -> Self {
        self.settings.none_ttl = Some(ttl);
        self.kind = |output| match output {
            Ok(Some(_)) => Kind::Value,
            Ok(None) => Kind::Nothing,
            Err(_) => Kind::Error,
        };
        self
    }
}

impl<K, V, E> Builder<K, V, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// Builds the cache. Its callers get clones of values and errors.
    ///
    /// # Panics
    ///
    /// If options contradict each other, as [`try_build`](Self::try_build) tells.
    #[must_use]
    #[track_caller]
    pub fn build(self) -> Cache<K, V, E>
    where
        E: Clone,
    {
        self.try_build().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Builds the cache, as [`build`](Self::build).
    ///
    /// # Errors
    ///
    /// If options contradict each other: a `jitter` that is not between 0 and 1, or spreads a ttl that is zero or never ends;
    /// a stale window without a ttl; `ttl` beside `ttl_from`; a `tier` without a name, or without anything that is stored; `strict`
    /// without a `tier`. The error names both.
    pub fn try_build(self) -> Result<Cache<K, V, E>, BuildError>
    where
        E: Clone,
    {
        self.finish(Sharing::cloning())
    }

    /// Builds a cache for errors that are not `Clone`, as `anyhow::Error`: a caller that is alone with its load gets the error
    /// itself, otherwise all get one made of a [`SharedError`].
    ///
    /// # Panics
    ///
    /// As [`build`](Self::build).
    #[must_use]
    #[track_caller]
    pub fn build_sharing_errors<Form>(self) -> Cache<K, V, E>
    where
        E: From<SharedError> + Shareable<Form>,
    {
        self.try_build_sharing_errors().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Builds the cache, as [`build_sharing_errors`](Self::build_sharing_errors).
    ///
    /// # Errors
    ///
    /// As [`try_build`](Self::try_build).
    pub fn try_build_sharing_errors<Form>(self) -> Result<Cache<K, V, E>, BuildError>
    where
        E: From<SharedError> + Shareable<Form>,
    {
        self.finish(Sharing::wrapping(|output| share_result(output, Shareable::into_shared)))
    }
}

impl<K, V, E> fmt::Debug for Builder<K, V, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("name", &self.name)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Options of a cache contradict each other; the message names them, and the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    conflict: &'static str,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.conflict)
    }
}

impl Error for BuildError {}
