//! Whether a shared cache may store a response (RFC 9111 §3), and the facts that this is decided by.

use http::{HeaderMap, Method, StatusCode};
use std::time::{Duration, SystemTime};

/// How the layer is set up, as far as the rules depend on it.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::http) struct Rules {
    /// How long a response is fresh that says nothing about it and can't be judged by its `Last-Modified`.
    pub(in crate::http) default_ttl: Option<Duration>,
    /// Whether `CDN-Cache-Control` (RFC 9213), where it is there and valid, replaces `Cache-Control` and `Expires`.
    pub(in crate::http) cdn_cache_control: bool,
    /// The window for responses that give no `stale-while-revalidate`.
    pub(in crate::http) stale_while_revalidate: Duration,
    /// The window for responses that give no `stale-if-error`.
    pub(in crate::http) stale_if_error: Duration,
}

/// A request and the head of its response.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Exchange<'a> {
    /// The request's method, as the client sent it.
    pub(in crate::http) method: &'a Method,
    /// The request's headers, as the client sent them.
    pub(in crate::http) request: &'a HeaderMap,
    /// Whether `Authorization` is part of the cache key, so that nobody else's request can find the response.
    pub(in crate::http) authorization_is_keyed: bool,
    /// The response's status; for a validated response that of the stored one.
    pub(in crate::http) status: StatusCode,
    /// The response's headers; for a validated response the merged ones.
    pub(in crate::http) response: &'a HeaderMap,
    /// When the head of the response arrived.
    pub(in crate::http) received: SystemTime,
    /// How long that was after the request had been sent.
    pub(in crate::http) delay: Duration,
}

/// Why a response is not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Refusal {
    /// The method is not `GET` or `HEAD`.
    Method,
    /// The status is partial, informational, not final, or needs to be understood and is not.
    Status,
    /// `no-store` in the request.
    RequestNoStore,
    /// `no-store` in the response.
    NoStore,
    /// `private` in the response, without a list of fields.
    Private,
    /// The response sets a cookie.
    SetCookie,
    /// `Vary: *`.
    VaryStar,
    /// The request is authorized, and the response doesn't say that it may be shared.
    Authorization,
    /// Nothing says how long the response is fresh, and it has no validator.
    NoFreshness,
}
