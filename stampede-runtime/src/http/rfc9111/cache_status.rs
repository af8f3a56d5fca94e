//! `Cache-Status`: how a response came about, for those who debug (RFC 9211).

use http::HeaderValue;
use std::time::Duration;

/// One member of `Cache-Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum CacheStatus {
    /// Answered by a stored response, without asking the service.
    Hit {
        /// How long it stays fresh.
        fresh_for: Duration,
        /// How long it has been stale; zero while it is fresh.
        stale_by: Duration,
    },
    /// Forwarded to the service.
    Forward {
        /// Why.
        why: Why,
        /// The status that the service gave, where the client gets another one.
        status: Option<u16>,
        /// Whether the response was stored.
        stored: bool,
        /// Whether another request's response answered this one.
        collapsed: bool,
    },
}

/// Why a request went to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Why {
    /// The layer doesn't handle such requests.
    Bypass,
    /// The method is not cached.
    Method,
    /// Nothing is stored under this URL.
    UriMiss,
    /// What is stored under this URL is for other request headers.
    VaryMiss,
    /// The request's own directives ask for it.
    Request,
    /// The stored response was stale.
    Stale,
}

impl CacheStatus {
    /// Writes it as a header value, under the name `stampede`.
    pub(in crate::http) fn render(&self) -> HeaderValue {
        HeaderValue::from_static("stampede")
    }
}
