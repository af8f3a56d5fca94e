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
    let Some(since) = single(request, header::IF_MODIFIED_SINCE).and_then(date) else { return false };
    let modified = stored.get(header::LAST_MODIFIED).or_else(|| stored.get(header::DATE)).and_then(date);
    modified.is_some_and(|modified| modified <= since)
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

#[cfg(test)]
mod tests {
    use super::{Validators, answers_not_modified, confirms};
    use crate::http::rfc9111::tests::headers;
    use http::{Method, StatusCode, header};

    const EARLY: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const LATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATE_OTHERWISE: &str = "Sunday, 06-Nov-94 08:49:37 GMT";

    fn not_modified(request: &[(&str, &str)], stored: &[(&str, &str)]) -> bool {
        answers_not_modified(&Method::GET, &headers(request), StatusCode::OK, &headers(stored))
    }

    #[test]
    fn entity_tags_are_compared_weakly() {
        let matches = |tags, etag| not_modified(&[("if-none-match", tags)], &[("etag", etag)]);
        for tags in ["\"a,b\"", "W/\"a,b\"", "\"x\", \"a,b\"", "\"x\",W/\"a,b\" , \"y\"", "*"] {
            assert!(matches(tags, "\"a,b\"") && matches(tags, "W/\"a,b\""), "{tags}");
        }
        for tags in ["\"A,b\"", "a,b", "", "\"a\", \"b\"", "w/\"a,b\""] {
            assert!(!matches(tags, "\"a,b\""), "{tags}");
        }
        assert!(not_modified(
            &[("if-none-match", "\"x\""), ("if-none-match", "\"y\"")],
            &[("etag", "\"y\"")]
        ));
        assert!(!not_modified(&[("if-none-match", "\"x\"")], &[]));
    }

    #[test]
    fn if_none_match_takes_precedence() {
        let stored = [("etag", "\"a\""), ("last-modified", EARLY)];
        assert!(!not_modified(&[("if-none-match", "\"x\""), ("if-modified-since", LATE)], &stored));
        assert!(not_modified(&[("if-none-match", "\"a\""), ("if-modified-since", "x")], &stored));
    }

    #[test]
    fn dates_are_compared_as_dates() {
        let matches =
            |since, modified| not_modified(&[("if-modified-since", since)], &[("last-modified", modified)]);
        assert!(matches(LATE, LATE) && matches(LATE_OTHERWISE, LATE) && matches(LATE, EARLY));
        assert!(!matches(EARLY, LATE) && !matches("x", EARLY) && !matches(LATE, "x"));
        assert!(not_modified(&[("if-modified-since", LATE)], &[("date", EARLY)]));
        assert!(!not_modified(&[("if-modified-since", EARLY)], &[("date", LATE)]));
        assert!(!not_modified(&[("if-modified-since", LATE)], &[]));
    }

    #[test]
    fn only_a_200_to_a_safe_method_becomes_a_304() {
        let (request, stored) = (headers(&[("if-none-match", "*")]), headers(&[("etag", "\"a\"")]));
        assert!(answers_not_modified(&Method::HEAD, &request, StatusCode::OK, &stored));
        assert!(!answers_not_modified(&Method::POST, &request, StatusCode::OK, &stored));
        assert!(!answers_not_modified(&Method::GET, &request, StatusCode::NOT_FOUND, &stored));
    }

    #[test]
    fn a_revalidation_asks_by_the_stored_validators_alone() {
        let mut request = headers(&[
            ("if-none-match", "\"client\""),
            ("if-modified-since", EARLY),
            ("if-range", "x"),
            ("accept", "text/html"),
        ]);
        let stored = Validators::of(&headers(&[("etag", "W/\"a\""), ("last-modified", LATE)]));
        stored.ask(&mut request);
        assert_eq!(request[header::IF_NONE_MATCH], "W/\"a\"");
        assert_eq!(request[header::IF_MODIFIED_SINCE], LATE);
        assert_eq!((request.len(), &request[header::ACCEPT]), (3, &"text/html".parse().unwrap()));
        Validators::default().ask(&mut request);
        assert_eq!(request.len(), 1);
        assert!(
            Validators::of(&headers(&[("etag", ""), ("last-modified", EARLY), ("last-modified", LATE)]))
                .is_empty()
        );
    }

    #[test]
    fn a_304_confirms_the_version_that_it_names() {
        let confirms = |fresh: &[(&str, &str)], stored: &[(&str, &str)]| {
            confirms(&headers(fresh), &Validators::of(&headers(stored)))
        };
        let both = [("etag", "\"a\""), ("last-modified", EARLY)];
        assert!(confirms(&[("etag", "W/\"a\"")], &both));
        assert!(confirms(&[], &both));
        assert!(!confirms(&[("etag", "\"b\"")], &both));
        assert!(confirms(&[("etag", "\"b\"")], &both[..1]));
        assert!(confirms(&[("last-modified", EARLY)], &both[1..]));
        assert!(!confirms(&[("last-modified", LATE)], &both[1..]));
    }
}
