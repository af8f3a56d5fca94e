//! Which headers are stored, replayed, and taken over from a 304 (RFC 9111 §3.1, §3.2, §4.3.4).

use http::HeaderMap;

/// Removes what is about one connection only: the known hop-by-hop fields, and those that `Connection` lists.
pub(in crate::http) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let _ = headers;
}

/// Returns the headers of a response that are kept with it: not those of one connection, not those that `no-cache="…"` or
/// `private="…"` lists, not `Age` (it is in the terms), not `Set-Cookie`.
pub(in crate::http) fn storable(response: &HeaderMap) -> HeaderMap {
    response.clone()
}

/// Returns the stored headers, freshened by those of a 304.
pub(in crate::http) fn freshen(stored: &HeaderMap, not_modified: &HeaderMap) -> HeaderMap {
    let _ = not_modified;
    stored.clone()
}

/// Returns the head of the 304 that stands for a stored response (RFC 9110 §15.4.5).
pub(in crate::http) fn not_modified(stored: &HeaderMap) -> HeaderMap {
    stored.clone()
}
