//! Makes responses of what is stored.

use super::{
    ResponseBody,
    entry::Stored,
    rfc9111::{
        CacheStatus, Survey, conditional, headers,
        range::{self, Selection},
    },
    sight::Seeker,
};
use crate::clock::Ticks;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{AGE, CACHE_STATUS},
};
use std::{cell::RefCell, thread::LocalKey};

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
    seeker: Seeker<'_>,
    now: Ticks,
    status: &CacheStatus,
) -> Response<ResponseBody<B>> {
    let mut head = stored.headers.clone();
    let age = AGES.of(stored.terms.age(stored.resident(now)).as_secs(), HeaderValue::from);
    match head.get_mut(AGE) {
        Some(room) => *room = age,
        None => drop(head.insert(AGE, age)),
    }
    match head.get_mut(CACHE_STATUS) {
        Some(room) if *room == ROOM => *room = rendered(status),
        _ => status.add_to(&mut head),
    }
    let Seeker { method, headers, survey, .. } = seeker;
    if survey.has(Survey::CONDITION)
        && conditional::answers_not_modified(method, headers, stored.status, &stored.headers)
    {
        return not_modified(&head);
    }
    match part(stored, seeker) {
        Selection::Part(part) => {
            range::part_headers(&mut head, &part, stored.body.len());
            with_head(StatusCode::PARTIAL_CONTENT, head, ResponseBody::stored(stored.body.slice(part), None))
        }
        Selection::Whole | Selection::Forward => {
            let body = ResponseBody::stored(stored.body.clone(), stored.trailers.clone());
            with_head(stored.status, head, body)
        }
    }
}

/// Whether a stored response has what a request wants of it: a part that it can't give is the service's to give.
pub(super) fn has_the_part(stored: &Stored, seeker: Seeker<'_>) -> bool {
    part(stored, seeker) != Selection::Forward
}

fn part(stored: &Stored, seeker: Seeker<'_>) -> Selection {
    if seeker.survey.has(Survey::RANGE) {
        range::select(seeker.method, seeker.headers, stored.status, &stored.headers, stored.body.len())
    } else {
        Selection::Whole
    }
}

/// The 304 that stands for a response with this head.
pub(super) fn not_modified<B>(head: &HeaderMap) -> Response<ResponseBody<B>> {
    with_head(StatusCode::NOT_MODIFIED, headers::not_modified(head), ResponseBody::empty())
}

/// What is answered when nothing is stored and nobody may be asked (RFC 9111, section 5.2.1.7).
pub(super) fn only_if_cached<B>() -> Response<ResponseBody<B>> {
    with_head(StatusCode::GATEWAY_TIMEOUT, HeaderMap::new(), ResponseBody::empty())
}

/// What is answered to a request whose body can't be read.
pub(super) fn bad_request<B>() -> Response<ResponseBody<B>> {
    with_head(StatusCode::BAD_REQUEST, HeaderMap::new(), ResponseBody::empty())
}

fn with_head<B>(status: StatusCode, head: HeaderMap, body: ResponseBody<B>) -> Response<ResponseBody<B>> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = head;
    response
}

/// What is said of a hit; most of a second's hits say the same.
fn rendered(status: &CacheStatus) -> HeaderValue {
    match status {
        CacheStatus::Hit { fresh_for, stale_by } if stale_by.is_zero() => {
            TTLS.of(fresh_for.as_secs(), |_| status.render())
        }
        _ => status.render(),
    }
}

/// Header values of numbers, as this thread has made them last.
struct Numbers(&'static LocalKey<RefCell<Slots>>);

type Slots = [Option<(u64, HeaderValue)>; 16];

thread_local! {
    static AGE_SLOTS: RefCell<Slots> = const { RefCell::new([const { None }; 16]) };
    static TTL_SLOTS: RefCell<Slots> = const { RefCell::new([const { None }; 16]) };
}

const AGES: Numbers = Numbers(&AGE_SLOTS);
const TTLS: Numbers = Numbers(&TTL_SLOTS);

impl Numbers {
    fn of(&self, number: u64, make: impl Fn(u64) -> HeaderValue) -> HeaderValue {
        let known = self.0.try_with(|slots| {
            let mut slots = slots.borrow_mut();
            // The remainder is small.
            #[allow(clippy::cast_possible_truncation)]
            let slot = &mut slots[(number % 16) as usize];
            match slot {
                Some((of, value)) if *of == number => value.clone(),
                _ => slot.insert((number, make(number))).1.clone(),
            }
        });
        // The thread is ending.
        known.unwrap_or_else(|_| make(number))
    }
}
