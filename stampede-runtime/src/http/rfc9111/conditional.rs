//! Validators, and the conditional requests of clients and of this cache (RFC 9110 §13, RFC 9111 §4.3).

use super::syntax::{all_members, date, single};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

/// What tells one version of a response from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::http) struct Validators {
    /// `ETag`, as it was sent.
    etag: Option<HeaderValue>,
    /// `Last-Modified`, as it was sent.
    last_modified: Option<HeaderValue>,
}

impl Validators {
    /// Reads the validators of a stored response.
    pub(in crate::http) fn of(response: &HeaderMap) -> Self {
        let field = |name| single(response, name).filter(|value| !value.is_empty()).cloned();
        Self { etag: field(header::ETAG), last_modified: field(header::LAST_MODIFIED) }
    }

    /// Says whether there are none.
    pub(in crate::http) fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// Makes a request ask whether the stored response is still good: its own conditions go, `If-None-Match` and
    /// `If-Modified-Since` of these validators come. Without validators it becomes unconditional.
    pub(in crate::http) fn ask(&self, request: &mut HeaderMap) {
        unconditional(request);
        if let Some(etag) = &self.etag {
            request.insert(header::IF_NONE_MATCH, etag.clone());
        }
        if let Some(last_modified) = &self.last_modified {
            request.insert(header::IF_MODIFIED_SINCE, last_modified.clone());
        }
    }
}

/// Removes the conditions of a request that a cache may answer, so that it gets a whole response.
pub(in crate::http) fn unconditional(request: &mut HeaderMap) {
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_RANGE] {
        request.remove(name);
    }
}

/// Says whether a request has conditions that are for the origin alone (RFC 9111 §4.3.2): it passes through.
pub(in crate::http) fn is_for_the_origin(request: &HeaderMap) -> bool {
    request.contains_key(header::IF_MATCH) || request.contains_key(header::IF_UNMODIFIED_SINCE)
}

/// Says whether a client that asks by `If-None-Match` or `If-Modified-Since` has the stored response already, and is told so
/// by a 304 (its head: [`super::headers::not_modified`]).
pub(in crate::http) fn answers_not_modified(
    method: &Method,
    request: &HeaderMap,
    status: StatusCode,
    stored: &HeaderMap,
) -> bool {
    if status != StatusCode::OK || *method != Method::GET && *method != Method::HEAD {
        return false;
    }
    if request.contains_key(header::IF_NONE_MATCH) {
        let etag = single(stored, header::ETAG).map(HeaderValue::as_bytes);
        return all_members(request, header::IF_NONE_MATCH)
            .any(|tag| tag == b"*" || etag.is_some_and(|etag| is_same_version(tag, etag)));
    }
    // A condition whose date is none does not count, and a response without `Last-Modified` is as old as its `Date`.
    let since = single(request, header::IF_MODIFIED_SINCE).and_then(date);
    let modified = stored.get(header::LAST_MODIFIED).or_else(|| stored.get(header::DATE)).and_then(date);
    matches!((modified, since), (Some(modified), Some(since)) if modified <= since)
}

/// Says whether a 304 is about the stored response with these validators, so that it may be freshened (RFC 9111 §4.3.4). The
/// request for it asked by both of them.
///
/// A 304 with another entity tag answers a question by `If-None-Match` alone all the same: the origin has found the tag that
/// it was asked for. Was it asked by date too, then that may be what it has found.
pub(in crate::http) fn confirms(not_modified: &HeaderMap, stored: &Validators) -> bool {
    let same = |name, stored: &Option<HeaderValue>| match (single(not_modified, name), stored) {
        (Some(new), Some(stored)) => Some(is_same_version(new.as_bytes(), stored.as_bytes())),
        _ => None,
    };
    match same(header::ETAG, &stored.etag) {
        Some(true) => true,
        Some(false) => stored.last_modified.is_none(),
        None => stored.etag.is_some() || same(header::LAST_MODIFIED, &stored.last_modified) != Some(false),
    }
}

/// Compares entity tags weakly (RFC 9110 §8.8.3.2): `W/` makes no difference.
fn is_same_version(one: &[u8], other: &[u8]) -> bool {
    fn opaque(tag: &[u8]) -> &[u8] {
        tag.strip_prefix(b"W/").unwrap_or(tag)
    }
    opaque(one) == opaque(other)
}
