//! No bytes that a header can hold confuse any of the rules.

use super::{
    Exchange, RequestDirectives, Rules, Terms, Validators, Variant, Vary, conditional, headers, invalidation,
    range,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use proptest::prelude::*;
use std::time::{Duration, UNIX_EPOCH};

/// Makes headers of names and values.
pub(super) fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    let parsed = fields.iter().map(|(name, value)| {
        (HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    });
    parsed.collect()
}

const NAMES: [&str; 24] = [
    "cache-control",
    "cdn-cache-control",
    "pragma",
    "age",
    "date",
    "expires",
    "last-modified",
    "etag",
    "vary",
    "connection",
    "location",
    "content-location",
    "if-none-match",
    "if-modified-since",
    "if-range",
    "range",
    "accept-language",
    "accept-encoding",
    "set-cookie",
    "authorization",
    "content-length",
    "cache-status",
    "foo",
    "bar",
];

const PIECES: [&str; 32] = [
    "max-age",
    "s-maxage",
    "no-cache",
    "no-store",
    "private",
    "public",
    "stale-if-error",
    "bytes",
    "W/",
    "en",
    "*",
    "http://",
    "/../",
    "//",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "0",
    "7",
    "60",
    "99999999999999999999",
    "foo",
    "q",
    "=",
    "=",
    ",",
    ", ",
    ";",
    "\"",
    "\\",
    " ",
    "\t",
    "-",
    "?",
];

/// Values that mean something or nearly do, and any bytes.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let pieces = proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..10);
    prop_oneof![
        4 => pieces.prop_map(|pieces| pieces.concat().into_bytes()),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ]
}

fn any_headers() -> impl Strategy<Value = HeaderMap> {
    let field = (proptest::sample::select(&NAMES[..]), value());
    proptest::collection::vec(field, 0..12).prop_map(|fields| {
        let fields = fields.into_iter().filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::from_bytes(&value).ok()?))
        });
        fields.collect()
    })
}

fn any_time() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(Duration::ZERO), Just(Duration::MAX), (0_u64..1 << 40).prop_map(Duration::from_millis)]
}

proptest! {
    #[test]
    fn any_bytes_have_a_meaning(
        request in any_headers(),
        response in any_headers(),
        other in any_headers(),
        status in 100_u16..1_000,
        (cdn, keyed) in any::<(bool, bool)>(),
        (received, delay, resident, ttl) in (0_u64..1 << 40, any_time(), any_time(), any_time()),
        length in 0_usize..100,
    ) {
        let rules = Rules {
            default_ttl: Some(ttl),
            cdn_cache_control: cdn,
            stale_while_revalidate: ttl,
            stale_if_error: delay,
        };
        let status = StatusCode::from_u16(status).unwrap();
        let received = UNIX_EPOCH + Duration::from_secs(received);
        let exchange = Exchange {
            method: &Method::GET,
            request: &request,
            authorization_is_keyed: keyed,
            status,
            response: &response,
            received,
            delay,
        };
        let directives = RequestDirectives::of(&request);
        for terms in [Terms::of(&rules, &exchange), Terms::fixed(&rules, ttl, &exchange)].into_iter().flatten() {
            terms.reuse(resident, &directives);
            terms.stands_in(resident);
            prop_assert!(!terms.keep().is_zero());
            // It is fresh or stale, and never both.
            prop_assert!(terms.fresh_for(resident).is_none() || terms.stale_by(resident).is_zero());
        }

        let stored = headers::storable(&rules, &response, received);
        for name in ["age", "set-cookie", "connection"] {
            prop_assert!(!stored.contains_key(name));
        }
        let merged = headers::freshen(&stored, &other);
        prop_assert_eq!(merged.get("etag"), stored.get("etag"));
        prop_assert!(headers::not_modified(&stored).keys().all(|name| stored.contains_key(name)));

        if let Vary::Names(names) = Vary::of(&response) {
            prop_assert_eq!(Variant::of(&names, &request), Variant::of(&names, &request.clone()));
            Variant::of(&names, &other);
        }
        let validators = Validators::of(&stored);
        conditional::confirms(&other, &validators);
        conditional::answers_not_modified(&Method::GET, &request, StatusCode::OK, &stored);
        let mut asked = request.clone();
        validators.ask(&mut asked);
        // What it asks by is what is stored.
        for (asks, of) in [("if-none-match", "etag"), ("if-modified-since", "last-modified")] {
            prop_assert!(asked.get(asks).is_none_or(|value| stored.get(of) == Some(value)));
        }

        if let range::Selection::Part(part) = range::select(&Method::GET, &request, StatusCode::OK, &stored, length) {
            prop_assert!(part.start < part.end && part.end <= length);
        }
        let base: Uri = "https://example.com:8443/a/b?c".parse().unwrap();
        for target in invalidation::targets(&base, &response) {
            prop_assert_eq!((target.scheme(), target.authority()), (base.scheme(), base.authority()));
        }
    }

    #[test]
    fn requests_that_say_the_same_want_the_same_variant(values in proptest::collection::vec("[a-z]{0,3}", 1..5), joined in any::<bool>()) {
        let names = [HeaderName::from_static("accept-language"), HeaderName::from_static("foo")];
        let fields: Vec<_> = names.iter().flat_map(|name| values.iter().map(move |value| (name.as_str(), value.as_str()))).collect();
        let joined_text = values.join(if joined { "," } else { " ,\t" });
        let one_field_each: Vec<_> = names.iter().map(|name| (name.as_str(), joined_text.as_str())).collect();
        prop_assert_eq!(Variant::of(&names, &headers(&fields)), Variant::of(&names, &headers(&one_field_each)));
    }
}
