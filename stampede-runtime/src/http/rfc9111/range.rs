//! Parts of stored responses, for requests with `Range` (RFC 9110 §14, RFC 9111 §3.4).

use super::syntax::{date, single, trim};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use std::{ops::Range, str};

/// What a complete stored response gives to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) enum Selection {
    /// All of it, by a 200: the request has no `Range`, or an `If-Range` that is for another version.
    Whole,
    /// These bytes of the body, by a 206 (its head: [`part_headers`]).
    Part(Range<usize>),
    /// Nothing: several ranges, one that is outside of the body, or another unit. The service knows what to do.
    Forward,
}

/// Says which part of a stored response of this status, with these headers and a body of so many bytes, a request wants.
pub(in crate::http) fn select(
    method: &Method,
    request: &HeaderMap,
    status: StatusCode,
    stored: &HeaderMap,
    length: usize,
) -> Selection {
    let Some(range) = request.get(header::RANGE) else { return Selection::Whole };
    if *method != Method::GET || status != StatusCode::OK {
        return Selection::Forward;
    }
    if request.contains_key(header::IF_RANGE) && !is_same_version(request, stored) {
        return Selection::Whole;
    }
    match single(request, header::RANGE).and_then(|_| bytes(range.as_bytes(), length)) {
        Some(part) => Selection::Part(part),
        None => Selection::Forward,
    }
}

/// Turns the head of a stored response into that of a 206 with a part of its body.
pub(in crate::http) fn part_headers(headers: &mut HeaderMap, part: &Range<usize>, length: usize) {
    let last = part.end.saturating_sub(1);
    let range = format!("bytes {}-{last}/{length}", part.start);
    headers.insert(header::CONTENT_RANGE, HeaderValue::try_from(range).expect("digits and punctuation"));
    headers.insert(header::CONTENT_LENGTH, part.len().into());
}

/// Says whether `If-Range` is about the stored version, by a strong comparison (RFC 9110 §13.1.5).
fn is_same_version(request: &HeaderMap, stored: &HeaderMap) -> bool {
    let Some(condition) = single(request, header::IF_RANGE) else { return false };
    let bytes = condition.as_bytes();
    if bytes.starts_with(b"\"") {
        return single(stored, header::ETAG).is_some_and(|etag| etag == condition);
    }
    // A date is strong only if the response could not have changed twice in its second: it is that of a response which was
    // sent a minute later or more (RFC 9110 §8.8.2.2).
    let (Some(modified), Some(sent)) =
        (single(stored, header::LAST_MODIFIED), single(stored, header::DATE).and_then(date))
    else {
        return false;
    };
    let strong = date(modified)
        .is_some_and(|modified| sent.duration_since(modified).is_ok_and(|between| between.as_secs() >= 60));
    strong && modified == condition
}

/// Reads one range of bytes, within a body of this length.
fn bytes(range: &[u8], length: usize) -> Option<Range<usize>> {
    let unit = range.get(..6)?;
    if !unit.eq_ignore_ascii_case(b"bytes=") {
        return None;
    }
    let spec = str::from_utf8(trim(&range[6..])).ok()?;
    let (first, last) = spec.split_once('-')?;
    let part = match (first, last) {
        ("", suffix) => length.saturating_sub(number(suffix)?)..length,
        (first, "") => number(first)?..length,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            // A range that ends before it starts is none, and not one outside of the body.
            (first <= last).then_some(first..last.saturating_add(1).min(length))?
        }
    };
    (part.start < part.end).then_some(part)
}

/// Reads digits and nothing else; more than fits is past every body.
fn number(digits: &str) -> Option<usize> {
    let well_formed = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    well_formed.then(|| digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::{Selection, part_headers, select};
    use crate::http::rfc9111::tests::headers;
    use http::{Method, StatusCode, header};

    fn selected(request: &[(&str, &str)], stored: &[(&str, &str)]) -> Selection {
        select(&Method::GET, &headers(request), StatusCode::OK, &headers(stored), 10)
    }

    #[test]
    fn one_range_within_the_body_is_a_part() {
        let part = |range| selected(&[("range", range)], &[]);
        assert_eq!(part("bytes=0-1"), Selection::Part(0..2));
        assert_eq!(part("Bytes=1-"), Selection::Part(1..10));
        assert_eq!(part("bytes=-1"), Selection::Part(9..10));
        assert_eq!(part("bytes=-99"), Selection::Part(0..10));
        assert_eq!(part("bytes=9-99999999999999999999"), Selection::Part(9..10));
        assert_eq!(selected(&[], &[]), Selection::Whole);
    }

    #[test]
    fn all_other_ranges_are_for_the_service() {
        for range in [
            "bytes=10-",
            "bytes=-0",
            "bytes=2-1",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=",
            "bytes=-",
            "x",
            "bytes=+1-2",
        ] {
            assert_eq!(selected(&[("range", range)], &[]), Selection::Forward, "{range}");
        }
        assert_eq!(selected(&[("range", "bytes=0-1"), ("range", "bytes=2-3")], &[]), Selection::Forward);
        let range = headers(&[("range", "bytes=0-1")]);
        let of = |method, status| select(&method, &range, status, &headers(&[]), 10);
        assert_eq!(of(Method::HEAD, StatusCode::OK), Selection::Forward);
        assert_eq!(of(Method::GET, StatusCode::NOT_FOUND), Selection::Forward);
    }

    #[test]
    fn if_range_is_about_this_very_version() {
        let (modified, date) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:37 GMT");
        let part = |condition, stored: &[(&str, &str)]| {
            selected(&[("range", "bytes=0-1"), ("if-range", condition)], stored) == Selection::Part(0..2)
        };
        assert!(part("\"a\"", &[("etag", "\"a\"")]));
        assert!(!part("\"b\"", &[("etag", "\"a\"")]));
        assert!(!part("W/\"a\"", &[("etag", "W/\"a\"")]));
        assert!(part(modified, &[("last-modified", modified), ("date", date)]));
        assert!(!part(modified, &[("last-modified", modified), ("date", modified)]));
        assert!(!part(date, &[("last-modified", modified), ("date", date)]));
        assert!(!part(modified, &[]));
        assert_eq!(selected(&[("range", "bytes=0-1"), ("if-range", "\"b\"")], &[]), Selection::Whole);
    }

    #[test]
    fn the_head_of_a_part_says_where_it_is() {
        let mut head = headers(&[("content-length", "10")]);
        part_headers(&mut head, &(2..5), 10);
        assert_eq!(
            (&head[header::CONTENT_RANGE], &head[header::CONTENT_LENGTH]),
            (&"bytes 2-4/10".parse().unwrap(), &"3".parse().unwrap())
        );
    }
}
