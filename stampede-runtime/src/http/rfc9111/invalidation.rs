//! What a request makes out of date (RFC 9111 §4.4).

use http::{HeaderMap, Method, StatusCode, Uri};

/// Says whether the response to this request makes stored responses of its URL out of date: an unsafe method (also one that
/// isn't known) that went well.
pub(in crate::http) fn invalidates(method: &Method, status: StatusCode) -> bool {
    let _ = (method, status);
    false
}

/// Returns the other URLs that the response makes out of date: `Location` and `Content-Location`, resolved against the
/// request's `target`, which is absolute (scheme, host, path and query), where they are of the same origin.
pub(in crate::http) fn targets(target: &Uri, response: &HeaderMap) -> Vec<Uri> {
    let _ = (target, response);
    Vec::new()
}
