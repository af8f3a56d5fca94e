//! Whether a shared cache may store a response (RFC 9111 §3), and the facts that this is decided by.

use super::{
    directives::{RequestDirectives, ResponseDirectives, Scope, Time},
    vary::Vary,
};
use http::{HeaderMap, Method, StatusCode, header};
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
    /// `no-cache` in the response, without a list of fields, where nothing is validated.
    NoCache,
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

/// Says why a response must not be stored, if it must not. Whether it is worth it is another question (`Refusal::NoFreshness`).
pub(super) fn refusal(exchange: &Exchange<'_>, directives: &ResponseDirectives) -> Option<Refusal> {
    let understood = is_understood(exchange.status);
    // `must-understand` overrules `no-store` for those who understand the status, and is a `no-store` for the others.
    let no_store = directives.no_store && !(directives.must_understand && understood);
    first([
        (directives.must_understand && !understood, Refusal::Status),
        (RequestDirectives::of(exchange.request).no_store, Refusal::RequestNoStore),
        (no_store, Refusal::NoStore),
        (!may_share_authorized(exchange, directives), Refusal::Authorization),
    ])
    .or_else(|| refusal_of_all(exchange, directives))
}

/// Says why a response must not be stored by a layer with a ttl of its own, which obeys what a response says about who may see
/// it, and not for how long. Who is authorized is the layer's matter there.
pub(super) fn refusal_with_fixed_ttl(
    exchange: &Exchange<'_>,
    directives: &ResponseDirectives,
) -> Option<Refusal> {
    first([(directives.no_store, Refusal::NoStore), (directives.no_cache == Scope::All, Refusal::NoCache)])
        .or_else(|| refusal_of_all(exchange, directives))
}

/// What holds in both modes.
fn refusal_of_all(exchange: &Exchange<'_>, directives: &ResponseDirectives) -> Option<Refusal> {
    first([
        (*exchange.method != Method::GET && *exchange.method != Method::HEAD, Refusal::Method),
        (!is_whole(exchange.status), Refusal::Status),
        (directives.private == Scope::All, Refusal::Private),
        (exchange.response.contains_key(header::SET_COOKIE), Refusal::SetCookie),
        (Vary::of(exchange.response) == Vary::Any, Refusal::VaryStar),
    ])
}

fn first<const N: usize>(reasons: [(bool, Refusal); N]) -> Option<Refusal> {
    reasons.into_iter().find_map(|(applies, refusal)| applies.then_some(refusal))
}

/// Says whether a response of this status may be stored although it says nothing about it (RFC 9110 §15.1).
pub(super) fn is_heuristically_cacheable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

/// Says whether the response is final and complete. A 304 is none of its own, and parts are not put together here.
fn is_whole(status: StatusCode) -> bool {
    !status.is_informational() && status != StatusCode::PARTIAL_CONTENT && status != StatusCode::NOT_MODIFIED
}

/// Says whether the status is one whose demands on caches are met here: all that RFC 9110 defines, but those of parts.
fn is_understood(status: StatusCode) -> bool {
    is_whole(status) && status.canonical_reason().is_some()
}

/// RFC 9111 §3.5.
fn may_share_authorized(exchange: &Exchange<'_>, directives: &ResponseDirectives) -> bool {
    exchange.authorization_is_keyed
        || !exchange.request.contains_key(header::AUTHORIZATION)
        || is_for_authorized(directives)
}

/// Says whether a response gives the permission that §3.5 asks for.
pub(super) fn is_for_authorized(directives: &ResponseDirectives) -> bool {
    directives.public || directives.must_revalidate || directives.s_maxage != Time::Absent
}
