//! Which headers are stored, replayed, and taken over from a 304 (RFC 9111 §3.1, §3.2, §4.3.4).

use super::{
    directives::ResponseDirectives,
    storable::Rules,
    syntax::{all_members, whole_seconds},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Fields about one connection, or one hop of a request.
static HOP_BY_HOP: [HeaderName; 10] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    HeaderName::from_static("proxy-authentication-info"),
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Fields that say something about the stored body, or tell the stored version from others: a 304 does not change them.
static OF_THE_BODY: [HeaderName; 7] = [
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_RANGE,
    header::ETAG,
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("content-digest"),
    header::TRANSFER_ENCODING,
];

/// The fields of a 304, beside those of the cache itself (RFC 9110 §15.4.5).
static OF_NOT_MODIFIED: [HeaderName; 7] = [
    header::CACHE_CONTROL,
    header::CONTENT_LOCATION,
    header::DATE,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::VARY,
];

/// Removes what is about one connection only: the known hop-by-hop fields, and those that `Connection` lists.
pub(in crate::http) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    for name in listed_by_connection(headers) {
        headers.remove(name);
    }
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// Returns the headers of a response that are kept with it: not those of one connection, not those that `no-cache="…"` or
/// `private="…"` lists, not `Age` (it is in the terms), not `Set-Cookie`. A response without a `Date` gets the time at which it
/// was `received`.
pub(in crate::http) fn storable(rules: &Rules, response: &HeaderMap, received: SystemTime) -> HeaderMap {
    let mut headers = response.clone();
    strip_hop_by_hop(&mut headers);
    let (directives, _) = ResponseDirectives::of(response, rules.cdn_cache_control);
    for name in directives.no_cache.fields().iter().chain(directives.private.fields()) {
        headers.remove(name);
    }
    headers.remove(header::AGE);
    headers.remove(header::SET_COOKIE);
    if let header::Entry::Vacant(date) = headers.entry(header::DATE)
        && let Some(received) = date_value(received)
    {
        date.insert(received);
    }
    headers
}

/// Returns the stored headers, freshened by those of a 304, with its `Age`: the head that the new terms are read from, and that
/// is then stored ([`storable`]).
pub(in crate::http) fn freshen(stored: &HeaderMap, not_modified: &HeaderMap) -> HeaderMap {
    let mut fresh = not_modified.clone();
    strip_hop_by_hop(&mut fresh);
    for name in &OF_THE_BODY {
        fresh.remove(name);
    }
    let mut merged = stored.clone();
    // It says how old the head is that the 304 replaces.
    merged.remove(header::AGE);
    for name in fresh.keys() {
        merged.remove(name);
        for value in fresh.get_all(name) {
            merged.append(name.clone(), value.clone());
        }
    }
    merged
}

/// Returns the head of the 304 that stands for a stored response.
pub(in crate::http) fn not_modified(stored: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(OF_NOT_MODIFIED.len() + 2);
    for name in &OF_NOT_MODIFIED {
        for value in stored.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

fn listed_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let names = all_members(headers, header::CONNECTION);
    names.filter_map(|name| HeaderName::from_bytes(name).ok()).collect()
}

/// Writes a date, if it has four digits of a year.
fn date_value(time: SystemTime) -> Option<HeaderValue> {
    // The last second of the year 9999.
    const LAST: u64 = 253_402_300_799;
    let since = whole_seconds(time).duration_since(UNIX_EPOCH).ok()?;
    let time = UNIX_EPOCH + Duration::from_secs(since.as_secs().min(LAST));
    HeaderValue::try_from(httpdate::fmt_http_date(time)).ok()
}

#[cfg(test)]
mod tests {
    use super::{freshen, not_modified, storable};
    use crate::http::rfc9111::{Rules, tests::headers};
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    fn stored(fields: &[(&str, &str)]) -> Vec<String> {
        names(&storable(&Rules::default(), &headers(fields), UNIX_EPOCH))
    }

    fn names(headers: &http::HeaderMap) -> Vec<String> {
        let mut names: Vec<_> = headers.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_about_a_connection_or_a_caller_is_not_stored() {
        let fields = [
            ("connection", "a, Keep-Alive, b c"),
            ("a", "1"),
            ("keep-alive", "1"),
            ("transfer-encoding", "chunked"),
            ("proxy-authenticate", "x"),
            ("age", "5"),
            ("set-cookie", "a=b"),
            ("cache-control", "no-cache=\"c\", private=\"d, e\", max-age=5"),
            ("c", "1"),
            ("d", "1"),
            ("kept", "1"),
            ("kept", "2"),
            ("date", "x"),
        ];
        let control = "cache-control=\"no-cache=\\\"c\\\", private=\\\"d, e\\\", max-age=5\"";
        assert_eq!(stored(&fields), [control, "date=\"x\"", "kept=\"1\"", "kept=\"2\""]);
    }

    #[test]
    fn a_response_without_a_date_gets_that_of_its_arrival() {
        assert_eq!(stored(&[]), ["date=\"Thu, 01 Jan 1970 00:00:00 GMT\""]);
        let date = |time: SystemTime| storable(&Rules::default(), &headers(&[]), time)["date"].clone();
        assert_eq!(date(UNIX_EPOCH - Duration::from_secs(1)), "Thu, 01 Jan 1970 00:00:00 GMT");
        let late = UNIX_EPOCH + Duration::from_secs(1 << 38);
        assert_eq!(date(late), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn a_304_replaces_all_but_what_is_about_the_body() {
        let old = headers(&[
            ("a", "1"),
            ("a", "2"),
            ("b", "1"),
            ("etag", "\"1\""),
            ("content-length", "5"),
            ("content-type", "text/plain"),
        ]);
        let fresh = headers(&[
            ("a", "3"),
            ("a", "4"),
            ("etag", "\"2\""),
            ("content-length", "0"),
            ("content-encoding", "gzip"),
            ("content-type", "text/html"),
            ("connection", "x"),
            ("x", "1"),
            ("age", "7"),
        ]);
        assert_eq!(
            names(&freshen(&old, &fresh)),
            [
                "a=\"3\"",
                "a=\"4\"",
                "age=\"7\"",
                "b=\"1\"",
                "content-length=\"5\"",
                "content-type=\"text/html\"",
                "etag=\"\\\"1\\\"\"",
            ]
        );
    }

    #[test]
    fn a_304_carries_what_a_client_updates_by() {
        let stored =
            headers(&[("etag", "x"), ("content-type", "y"), ("vary", "a"), ("vary", "b"), ("date", "d")]);
        assert_eq!(names(&not_modified(&stored)), ["date=\"d\"", "etag=\"x\"", "vary=\"a\"", "vary=\"b\""]);
    }
}
