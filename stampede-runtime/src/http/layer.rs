//! The layer and its options.

use super::{
    ResponseCache, StampedeService,
    key::RequestKey,
    options::{Mode, Options, Paths},
    plan::Shared,
    reading::{ReadUpTo, Unread},
    store::DEFAULT_CAPACITY,
};
use http::{HeaderName, Method, StatusCode, request::Parts};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tower_layer::Layer;

/// Coalesces and caches the responses of a service; see the [module](super) for what it does.
///
/// Clones share the cache, and so do all services that one layer makes. Options come first: each of them gives the layer a new
/// cache.
///
/// # Examples
///
/// ```
/// use stampede::http::StampedeLayer;
/// use std::time::Duration;
///
/// let layer = StampedeLayer::new(Duration::from_secs(1))
///     .stale_while_revalidate(Duration::from_secs(10))
///     .stale_if_error(Duration::from_secs(300))
///     .paths(["/", "/articles/*"])
///     .ttl_by_status(|status| (status == 404).then_some(Duration::from_millis(200)))
///     .max_body(256 << 10)
///     .capacity(16 << 20);
/// // axum: Router::new().route("/", get(index)).layer(layer)
/// # let _ = layer;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is given a service"]
pub struct StampedeLayer<K = Unread> {
    options: Options,
    capacity: u64,
    /// The cache that was given.
    given: Option<ResponseCache>,
    /// What the services share, made when it is first needed.
    shared: Arc<OnceLock<Arc<Shared>>>,
    reading: K,
}

impl StampedeLayer {
    /// Makes a layer that keeps responses for a fixed time, counted from their arrival, whatever they say about it.
    ///
    /// What they say about who may see them holds: `private`, `no-store`, `no-cache` and `Set-Cookie` are for one client.
    /// Responses of the statuses 200, 203, 204, 300, 301, 308, 404, 405, 410 and 414 are kept, of others only by
    /// [`ttl_by_status`](Self::ttl_by_status). With a ttl of zero nothing is kept: requests that overlap share a response.
    pub fn new(ttl: Duration) -> Self {
        Self::with(Options::new(Mode::Fixed, Some(ttl)))
    }

    /// Makes a layer that obeys `Cache-Control`, `Expires`, `Vary`, `Age` and the validators, as a shared cache (RFC 9111), and
    /// `stale-while-revalidate` and `stale-if-error` (RFC 5861).
    ///
    /// Responses that say nothing about their time are kept for a tenth of the time since their `Last-Modified`, else for
    /// [`default_ttl`](Self::default_ttl), else not.
    pub fn rfc9111() -> Self {
        Self::with(Options::new(Mode::Headers, None))
    }

    fn with(options: Options) -> Self {
        Self { options, capacity: DEFAULT_CAPACITY, given: None, shared: Arc::default(), reading: Unread(()) }
    }

    /// Makes the body of a request part of its key, with its `Content-Type`, if it is announced to have at most `limit` bytes.
    /// Other requests with a body pass through.
    ///
    /// For the request body type `B: From<Bytes>`, as axum's. To be used with [`methods`](Self::methods).
    ///
    /// ```
    /// # use stampede::http::StampedeLayer;
    /// # use std::time::Duration;
    /// use http::Method;
    ///
    /// let searches = StampedeLayer::new(Duration::from_secs(1)).methods([Method::POST]).key_body(64 << 10);
    /// # let _ = searches;
    /// ```
    pub fn key_body(self, limit: usize) -> StampedeLayer<ReadUpTo> {
        let Self { options, capacity, given, .. } = self;
        StampedeLayer { options, capacity, given, shared: Arc::default(), reading: ReadUpTo(limit) }
    }
}

impl<K> StampedeLayer<K> {
    /// Sets how long responses are fresh that say nothing about it; of the fixed layer, all. Of the statuses that
    /// [`new`](StampedeLayer::new) names.
    pub fn default_ttl(self, ttl: Duration) -> Self {
        self.set(|options| options.ttl = Some(ttl))
    }

    /// After its time a response is served for this long while a new one is asked for in the background (RFC 5861, section 3).
    ///
    /// With [`rfc9111`](StampedeLayer::rfc9111) this is for responses that give no `stale-while-revalidate` of their own.
    pub fn stale_while_revalidate(self, window: Duration) -> Self {
        self.set(|options| options.stale_while_revalidate = window)
    }

    /// After its time a response is served for this long in place of an error: the service's own, or a status 5xx (RFC 5861,
    /// section 4; with [`rfc9111`](StampedeLayer::rfc9111) 500, 502, 503 and 504).
    ///
    /// After a failure the service is left alone for a while: the shorter of a second and the layer's ttl, doubling with every
    /// failure in a row up to 30 s.
    pub fn stale_if_error(self, window: Duration) -> Self {
        self.set(|options| options.stale_if_error = window)
    }

    /// Obeys `CDN-Cache-Control` (RFC 9213) where a response has it, in place of `Cache-Control` and `Expires`.
    pub fn cdn_cache_control(self) -> Self {
        self.set(|options| options.cdn_cache_control = true)
    }

    /// Makes the key of a request, in place of scheme, host, path and query. The method stays part of it, and `Vary` of the
    /// response too. `None` is for requests that pass through.
    ///
    /// The security note of the [module](super) holds: requests with `Authorization` or `Cookie` pass through, unless `key`
    /// makes another key of them than of the same request without the header.
    ///
    /// # Examples
    ///
    /// ```
    /// use stampede::http::StampedeLayer;
    /// use std::time::Duration;
    ///
    /// // The query is no part of the answer.
    /// let paths = StampedeLayer::new(Duration::from_secs(5)).key(|request| request.uri.path().to_owned());
    ///
    /// // A cache for each session. The rest of the cookie does not matter.
    /// let pages = StampedeLayer::new(Duration::from_secs(5)).key(|request| {
    ///     let cookie = request.headers.get("cookie")?.to_str().ok()?;
    ///     let session = cookie.split("; ").find(|part| part.starts_with("session="))?;
    ///     Some(format!("{session} {}", request.uri))
    /// });
    /// # let _ = (paths, pages);
    /// ```
    pub fn key<T: Into<RequestKey>>(self, key: impl Fn(&Parts) -> T + Send + Sync + 'static) -> Self {
        self.set(|options| options.key = Some(Arc::new(move |parts| key(parts).into())))
    }

    /// Makes a request header part of the key, as if every response had it in its `Vary`. May be called more than once.
    ///
    /// With `authorization` or `cookie` each user has responses of their own.
    pub fn key_header(self, name: HeaderName) -> Self {
        self.set(|options| options.key_headers = super::judge::union(&options.key_headers, &[name]))
    }

    /// Handles these paths only: `/about` is one, `/articles/*` all that begin with `/articles/`. Requests of others pass
    /// through.
    pub fn paths<P: Into<String>>(self, paths: impl IntoIterator<Item = P>) -> Self {
        let paths = paths.into_iter().map(|path| Paths::new(path.into())).collect();
        self.set(|options| options.paths = Some(paths))
    }

    /// Handles these methods only, in place of `GET` and `HEAD`. Requests with a body need
    /// [`key_body`](StampedeLayer::key_body) too.
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.set(|options| options.methods = methods.into_iter().collect())
    }

    /// Tells for how long responses of a status are fresh, as a [`Duration`] or an option of one; `None` is as without this.
    ///
    /// Errors of the server (5xx) are never kept by it, nor are parts (206).
    pub fn ttl_by_status<T: Into<Option<Duration>>>(
        self,
        ttl: impl Fn(StatusCode) -> T + Send + Sync + 'static,
    ) -> Self {
        self.set(|options| options.ttl_by_status = Some(Arc::new(move |status| ttl(status).into())))
    }

    /// Keeps bodies up to this many bytes; 1 MiB by default. What is longer flows through, to each client from a request of its
    /// own.
    pub fn max_body(self, bytes: usize) -> Self {
        self.set(|options| options.max_body = bytes)
    }

    /// Bounds what all responses take, in bytes: bodies, headers, keys; 64 MiB by default.
    pub fn capacity(mut self, bytes: u64) -> Self {
        self.capacity = bytes;
        self.set(|_| {})
    }

    /// Keeps responses in this cache, which other layers may share.
    ///
    /// Its capacity is its own. Layers with different [`key`](Self::key) functions need different caches, or keys that tell them
    /// apart.
    pub fn cache(mut self, store: ResponseCache) -> Self {
        self.given = Some(store);
        self.set(|_| {})
    }

    /// Returns the cache, to invalidate and to count.
    #[must_use]
    pub fn store(&self) -> ResponseCache {
        self.shared().store.clone()
    }

    fn shared(&self) -> &Arc<Shared> {
        self.shared.get_or_init(|| {
            let store = self.given.clone().unwrap_or_else(|| ResponseCache::new(self.capacity));
            Arc::new(Shared { options: self.options.clone(), store })
        })
    }

    fn set(mut self, set: impl FnOnce(&mut Options)) -> Self {
        set(&mut self.options);
        self.shared = Arc::default();
        self
    }
}

impl<S, K: Clone> Layer<S> for StampedeLayer<K> {
    type Service = StampedeService<S, K>;

    fn layer(&self, inner: S) -> Self::Service {
        StampedeService::new(inner, Arc::clone(self.shared()), self.reading.clone())
    }
}
