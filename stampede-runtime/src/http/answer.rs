//! Makes responses of what is stored.

use super::{
    ResponseBody,
    entry::Stored,
    rfc9111::{cache_status::CacheStatus, conditional, headers},
};
use crate::clock::Ticks;
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{AGE, CACHE_STATUS},
};
use std::time::{Duration, SystemTime};

/// In the place of what is said of each hit: where headers are copied with room for it, a hit makes none.
const ROOM: HeaderValue = HeaderValue::from_static("stampede");

/// Headers that are stored, with room for what is said of each hit.
pub(super) fn with_room(mut headers: HeaderMap) -> HeaderMap {
    headers.insert(AGE, ROOM);
    headers.entry(CACHE_STATUS).or_insert(ROOM);
    headers
}

/// Headers with values in memory of their own: those of a connection are parts of its buffer.
pub(super) fn copied(headers: &HeaderMap) -> HeaderMap {
    let copy = |value: &HeaderValue| {
        let mut copy = HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| value.clone());
        copy.set_sensitive(value.is_sensitive());
        copy
    };
    headers.iter().map(|(name, value)| (name.clone(), copy(value))).collect()
}

/// The response that a stored one makes for a request.
pub(super) fn stored<B>(
    stored: &Stored,
    method: &Method,
    request: &HeaderMap,
    now: Ticks,
    status: &CacheStatus,
) -> Response<ResponseBody<B>> {
    let mut head = stored.headers.clone();
    head.insert(AGE, seconds(stored.terms.age(stored.resident(now))));
    let said = head.get(CACHE_STATUS).is_some_and(|value| *value == ROOM);
    if said {
        head.insert(CACHE_STATUS, status.render());
    } else {
        head.append(CACHE_STATUS, status.render());
    }
    if conditional::answers_not_modified(method, request, stored.status, &stored.headers) {
        return not_modified(&head);
    }
    let mut response = Response::new(ResponseBody::stored(stored.body.clone(), stored.trailers.clone()));
    *response.status_mut() = stored.status;
    *response.headers_mut() = head;
    response
}

/// The 304 that stands for a response with this head.
pub(super) fn not_modified<B>(head: &HeaderMap) -> Response<ResponseBody<B>> {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.headers_mut() = headers::not_modified(head);
    response
}

/// Says how a response came about, after what others have said.
pub(super) fn append_status(headers: &mut HeaderMap, status: &CacheStatus) {
    headers.append(CACHE_STATUS, status.render());
}

/// A response that is not stored, when nothing else may be asked (RFC 9111, section 5.2.1.7).
pub(super) fn only_if_cached<B>() -> Response<ResponseBody<B>> {
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
    response
}

pub(super) fn date(time: SystemTime) -> HeaderValue {
    HeaderValue::try_from(httpdate::fmt_http_date(time)).unwrap_or(ROOM)
}

fn seconds(age: Duration) -> HeaderValue {
    HeaderValue::from(age.as_secs())
}
