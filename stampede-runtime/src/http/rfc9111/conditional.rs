//! Validators, and the conditional requests of clients and of this cache (RFC 9110 §13, RFC 9111 §4.3).

use http::{HeaderMap, HeaderValue, Method, StatusCode};

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
        let _ = response;
        Self::default()
    }

    /// Says whether there are none.
    pub(in crate::http) fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    /// Makes a request ask whether the stored response is still good: its own conditions go, `If-None-Match` and
    /// `If-Modified-Since` of these validators come. Without validators it becomes unconditional.
    pub(in crate::http) fn ask(&self, request: &mut HeaderMap) {
        let _ = request;
    }
}

/// Removes all conditions from a request, so that it gets a whole response.
pub(in crate::http) fn unconditional(request: &mut HeaderMap) {
    let _ = request;
}

/// Says whether a client that asks by `If-None-Match` or `If-Modified-Since` has the stored response already, and is told so
/// by a 304 (its head: [`super::headers::not_modified`]).
pub(in crate::http) fn answers_not_modified(
    method: &Method,
    request: &HeaderMap,
    status: StatusCode,
    stored: &HeaderMap,
) -> bool {
    let _ = (method, request, status, stored);
    false
}

/// Says whether a 304 is about the stored response with these validators, so that it may be freshened (§4.3.4).
pub(in crate::http) fn confirms(not_modified: &HeaderMap, stored: &Validators) -> bool {
    let _ = (not_modified, stored);
    false
}
