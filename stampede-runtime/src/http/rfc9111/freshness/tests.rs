//! Which responses are stored, how old they are, and what they may do.

use super::{Reuse, Terms};
use crate::http::rfc9111::{Exchange, Refusal, RequestDirectives, Rules, tests::headers};
use http::{HeaderMap, Method, StatusCode};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Sun, 06 Nov 1994 08:49:37 GMT, and half a second.
const NOW: Duration = Duration::from_millis(784_111_777_500);

fn now() -> SystemTime {
    UNIX_EPOCH + NOW
}

/// Writes the date that is so many seconds from now.
fn at(seconds: i64) -> String {
    let since = i64::try_from(NOW.as_secs()).unwrap() + seconds;
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(u64::try_from(since).unwrap()))
}

const SECOND: Duration = Duration::from_secs(1);

/// A response to a GET, and how it arrived.
struct Case {
    rules: Rules,
    method: Method,
    status: StatusCode,
    request: HeaderMap,
    delay: Duration,
    keyed: bool,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            method: Method::GET,
            status: StatusCode::OK,
            request: HeaderMap::new(),
            delay: Duration::ZERO,
            keyed: false,
        }
    }
}

impl Case {
    fn status(status: u16) -> Self {
        Self { status: StatusCode::from_u16(status).unwrap(), ..Self::default() }
    }

    fn request(fields: &[(&str, &str)]) -> Self {
        Self { request: headers(fields), ..Self::default() }
    }

    fn terms(&self, response: &[(&str, &str)]) -> Result<Terms, Refusal> {
        Terms::of(
            &self.rules,
            &Exchange {
                method: &self.method,
                request: &self.request,
                authorization_is_keyed: self.keyed,
                status: self.status,
                response: &headers(response),
                received: now(),
                delay: self.delay,
            },
        )
    }

    /// Returns for how many seconds a response is fresh from its arrival; nothing if it is stale or not stored.
    fn fresh(&self, response: &[(&str, &str)]) -> Option<u64> {
        self.terms(response).ok()?.fresh_for(Duration::ZERO).map(|left| left.as_secs())
    }
}

fn fresh(response: &[(&str, &str)]) -> Option<u64> {
    Case::default().fresh(response)
}

fn refused(response: &[(&str, &str)]) -> Refusal {
    Case::default().terms(response).unwrap_err()
}

fn directives(value: &str) -> RequestDirectives {
    RequestDirectives::of(&headers(&[("cache-control", value)]))
}

#[test]
fn the_first_of_the_sources_gives_the_lifetime() {
    let (past, future, old) = (at(-5), at(50), at(-1_000));
    let all = |control| {
        fresh(&[("cache-control", control), ("expires", &future), ("last-modified", &old), ("date", &at(0))])
    };
    assert_eq!(all("max-age=60, s-maxage=10"), Some(10));
    assert_eq!(all("max-age=60"), Some(60));
    assert_eq!(all("public"), Some(50));
    assert_eq!(fresh(&[("last-modified", &old), ("date", &at(0))]), Some(100));
    // A source that says that the response is stale leaves no other one to say something else.
    assert_eq!(fresh(&[("cache-control", "max-age=x"), ("expires", &future)]), None);
    assert_eq!(fresh(&[("expires", &past), ("last-modified", &old)]), None);
    assert_eq!(fresh(&[("expires", "0"), ("last-modified", &old)]), None);
    assert_eq!(fresh(&[("expires", &future), ("expires", &past)]), None);
}

#[test]
fn expires_counts_from_date_and_without_it_from_the_arrival() {
    assert_eq!(fresh(&[("expires", &at(400)), ("date", &at(300))]), Some(100));
    assert_eq!(fresh(&[("expires", &at(300)), ("date", &at(400))]), None);
    assert_eq!(fresh(&[("expires", &at(300)), ("date", "foo")]), Some(299));
}

#[test]
fn the_heuristic_has_a_bound_and_the_layers_ttl_comes_last() {
    assert_eq!(fresh(&[("last-modified", &at(-10_000_000))]), Some(86_400));
    assert_eq!(fresh(&[("last-modified", &at(10))]), None);
    let rules = Rules { default_ttl: Some(7 * SECOND), ..Rules::default() };
    let with_ttl = |status| Case { rules, ..Case::status(status) };
    assert_eq!(with_ttl(200).fresh(&[]), Some(7));
    assert_eq!(with_ttl(200).fresh(&[("last-modified", &at(-1_000))]), Some(100));
    assert_eq!(with_ttl(404).fresh(&[]), Some(7));
    assert_eq!(with_ttl(500).fresh(&[]), None);
    assert_eq!(with_ttl(200).fresh(&[("pragma", "no-cache")]), None);
    assert_eq!(with_ttl(200).fresh(&[("cache-control", "max-age=0")]), None);
}

#[test]
fn explicit_freshness_is_for_any_final_status_and_guesses_for_few() {
    for status in [200, 204, 299, 302, 400, 404, 499, 500, 503, 599] {
        assert_eq!(Case::status(status).fresh(&[("cache-control", "max-age=5")]), Some(5), "{status}");
    }
    for status in [101, 206, 304] {
        let refusal = Case::status(status).terms(&[("cache-control", "max-age=5")]);
        assert_eq!(refusal, Err(Refusal::Status), "{status}");
    }
    let modified = at(-1_000);
    for (status, guessed) in
        [(200, true), (201, false), (302, false), (403, false), (410, true), (503, false)]
    {
        assert_eq!(
            Case::status(status).fresh(&[("last-modified", &modified)]).is_some(),
            guessed,
            "{status}"
        );
    }
    let public = [("last-modified", modified.as_str()), ("cache-control", "public")];
    assert_eq!(Case::status(599).fresh(&public), Some(100));
}

#[test]
fn what_is_for_one_caller_is_refused() {
    let refused_by = |control| refused(&[("cache-control", &format!("max-age=60, {control}"))]);
    assert_eq!(refused_by("no-store"), Refusal::NoStore);
    assert_eq!(refused_by("private"), Refusal::Private);
    assert_eq!(refused(&[("cache-control", "max-age=60"), ("set-cookie", "a=b")]), Refusal::SetCookie);
    assert_eq!(refused(&[("cache-control", "max-age=60"), ("vary", "accept, *")]), Refusal::VaryStar);
    assert_eq!(refused(&[("cache-control", "no-cache")]), Refusal::NoFreshness);
    assert_eq!(refused(&[]), Refusal::NoFreshness);
    assert_eq!(fresh(&[("cache-control", "max-age=60, private=\"a\"")]), Some(60));
    let post = Case { method: Method::POST, ..Case::default() };
    assert_eq!(post.terms(&[("cache-control", "max-age=60")]), Err(Refusal::Method));
    let no_store = Case::request(&[("cache-control", "no-store")]);
    assert_eq!(no_store.terms(&[("cache-control", "max-age=60")]), Err(Refusal::RequestNoStore));
}

#[test]
fn authorized_responses_need_leave_to_be_shared() {
    let authorized = Case::request(&[("authorization", "Basic x")]);
    assert_eq!(authorized.terms(&[("cache-control", "max-age=60")]), Err(Refusal::Authorization));
    for leave in ["public, max-age=60", "s-maxage=60", "must-revalidate, max-age=60"] {
        assert_eq!(authorized.fresh(&[("cache-control", leave)]), Some(60), "{leave}");
    }
    let keyed = Case { keyed: true, ..authorized };
    assert_eq!(keyed.fresh(&[("cache-control", "max-age=60")]), Some(60));
}

#[test]
fn must_understand_overrules_no_store_where_the_status_is_understood() {
    let control = [("cache-control", "max-age=60, no-store, must-understand")];
    assert_eq!(fresh(&control), Some(60));
    assert_eq!(Case::status(599).terms(&control), Err(Refusal::Status));
    let without = [("cache-control", "max-age=60, must-understand")];
    assert_eq!(Case::status(599).terms(&without), Err(Refusal::Status));
}

#[test]
fn the_targeted_field_hides_expires() {
    let rules = Rules { cdn_cache_control: true, ..Rules::default() };
    let case = Case { rules, ..Case::default() };
    let future = at(50);
    let cdn = |value| {
        case.fresh(&[("cdn-cache-control", value), ("expires", &future), ("cache-control", "no-store")])
    };
    assert_eq!(cdn("max-age=5"), Some(5));
    assert_eq!(cdn("public"), None);
    assert_eq!(fresh(&[("cdn-cache-control", "max-age=5"), ("expires", &future)]), Some(49));
}

#[test]
fn age_is_the_largest_that_anything_says() {
    let age = |fields: &[(&str, &str)], delay| {
        let mut fields = fields.to_vec();
        fields.push(("cache-control", "max-age=600"));
        let case = Case { delay, ..Case::default() };
        case.terms(&fields).unwrap().age(SECOND)
    };
    assert_eq!(age(&[], Duration::ZERO), SECOND);
    assert_eq!(age(&[("age", "30")], 2 * SECOND), 33 * SECOND);
    assert_eq!(age(&[("date", &at(-100)), ("age", "30")], SECOND), 101 * SECOND);
    assert_eq!(age(&[("date", &at(100)), ("age", "30")], SECOND), 32 * SECOND);
    // A date is cut to its second.
    assert_eq!(age(&[("date", &at(-1))], Duration::ZERO), SECOND);
}

#[test]
fn an_age_that_is_not_one_number_makes_the_response_stale() {
    let control = ("cache-control", "max-age=600");
    for wrong in ["abc", "-1", "1.0", "0, 0", "7200;foo=bar", "1,2", ""] {
        assert_eq!(fresh(&[control, ("age", wrong)]), None, "{wrong}");
    }
    assert_eq!(fresh(&[control, ("age", "0"), ("age", "0")]), None);
    assert_eq!(fresh(&[control, ("age", "599")]), Some(1));
    assert_eq!(fresh(&[control, ("age", "600")]), None);
}

#[test]
fn windows_begin_where_the_lifetime_ends() {
    let terms = Case::default()
        .terms(&[("cache-control", "max-age=10, stale-while-revalidate=5, stale-if-error=20")])
        .unwrap();
    let reuse = |seconds| terms.reuse(Duration::from_secs(seconds), &RequestDirectives::default());
    assert_eq!(reuse(9), Reuse::Fresh);
    assert_eq!(reuse(10), Reuse::StaleWhileRevalidate);
    assert_eq!(reuse(14), Reuse::StaleWhileRevalidate);
    assert_eq!(reuse(15), Reuse::Revalidate { stale_if_error: true });
    assert!(terms.stands_in(29 * SECOND) && !terms.stands_in(30 * SECOND));
    assert_eq!(terms.keep(), 30 * SECOND);
    assert_eq!((terms.stale_by(9 * SECOND), terms.stale_by(12 * SECOND)), (Duration::ZERO, 2 * SECOND));
}

#[test]
fn the_layers_windows_are_for_responses_that_give_none() {
    let rules = Rules { stale_while_revalidate: 5 * SECOND, stale_if_error: 5 * SECOND, ..Rules::default() };
    let case = Case { rules, ..Case::default() };
    let at_end = |control: &str| {
        let terms = case.terms(&[("cache-control", control)]).unwrap();
        (terms.reuse(12 * SECOND, &RequestDirectives::default()), terms.stands_in(12 * SECOND))
    };
    let must = Reuse::Revalidate { stale_if_error: true };
    assert_eq!(at_end("max-age=10"), (Reuse::StaleWhileRevalidate, true));
    assert_eq!(at_end("max-age=10, stale-while-revalidate=1, stale-if-error=0"), (must, false));
    // These say that nothing stale is to be served.
    assert_eq!(at_end("max-age=10, must-revalidate, stale-while-revalidate=60"), (must, false));
    assert_eq!(at_end("max-age=10, proxy-revalidate"), (must, false));
    assert_eq!(at_end("s-maxage=10"), (must, false));
    assert_eq!(at_end("s-maxage=10, stale-while-revalidate=60").0, Reuse::StaleWhileRevalidate);
}

#[test]
fn requests_ask_for_more_or_less() {
    let terms = Case::default().terms(&[("cache-control", "max-age=10"), ("etag", "\"a\"")]).unwrap();
    let reuse = |seconds, request| terms.reuse(Duration::from_secs(seconds), &directives(request));
    assert_eq!(reuse(5, "max-age=5"), Reuse::Fresh);
    assert_eq!(reuse(6, "max-age=5"), Reuse::Revalidate { stale_if_error: true });
    assert_eq!(reuse(5, "min-fresh=5"), Reuse::Fresh);
    assert_eq!(reuse(6, "min-fresh=5"), Reuse::Revalidate { stale_if_error: true });
    assert_eq!(reuse(0, "no-cache"), Reuse::Revalidate { stale_if_error: false });
    assert_eq!(reuse(15, "max-stale=5"), Reuse::Stale);
    assert_eq!(reuse(16, "max-stale=5"), Reuse::Revalidate { stale_if_error: true });
    assert_eq!(reuse(1_000, "max-stale"), Reuse::Stale);
    let strict =
        Case::default().terms(&[("cache-control", "max-age=10, must-revalidate"), ("etag", "\"a\"")]);
    assert_eq!(
        strict.unwrap().reuse(11 * SECOND, &directives("max-stale")),
        Reuse::Revalidate { stale_if_error: true }
    );
}

#[test]
fn no_cache_is_validated_each_time_and_needs_a_validator() {
    let terms =
        Case::default().terms(&[("cache-control", "max-age=10, no-cache"), ("etag", "\"a\"")]).unwrap();
    assert_eq!(
        terms.reuse(Duration::ZERO, &directives("max-stale")),
        Reuse::Revalidate { stale_if_error: false }
    );
    assert!(terms.keep() > 10 * SECOND);
    assert_eq!(refused(&[("cache-control", "max-age=10, no-cache")]), Refusal::NoFreshness);
}

#[test]
fn a_fixed_ttl_obeys_what_is_said_about_callers_and_not_about_time() {
    let case = Case::default();
    let fixed = |response: &[(&str, &str)]| {
        let response = headers(response);
        let exchange = Exchange {
            method: &case.method,
            request: &case.request,
            authorization_is_keyed: false,
            status: case.status,
            response: &response,
            received: now(),
            delay: SECOND,
        };
        Terms::fixed(&case.rules, 5 * SECOND, &exchange)
    };
    let terms = fixed(&[("cache-control", "max-age=0, must-revalidate"), ("age", "100")]).unwrap();
    assert_eq!((terms.fresh_for(SECOND), terms.age(SECOND)), (Some(4 * SECOND), SECOND));
    for (control, refusal) in
        [("no-store", Refusal::NoStore), ("no-cache", Refusal::NoCache), ("private", Refusal::Private)]
    {
        assert_eq!(fixed(&[("cache-control", control)]), Err(refusal));
    }
    assert_eq!(fixed(&[("set-cookie", "a=b")]), Err(Refusal::SetCookie));
    assert_eq!(fixed(&[("vary", "*")]), Err(Refusal::VaryStar));
    assert!(fixed(&[("cache-control", "private=\"x\", no-cache=\"y\"")]).is_ok());
}

#[test]
fn nothing_overflows() {
    let longest = "99999999999999999999";
    let terms = Case { delay: Duration::MAX, ..Case::default() }
        .terms(&[
            ("cache-control", &format!("max-age={longest}, stale-if-error={longest}")),
            ("age", longest),
            ("etag", "a"),
        ])
        .unwrap();
    assert_eq!(terms.age(Duration::MAX), Duration::MAX);
    assert_eq!(terms.fresh_for(Duration::MAX), None);
    assert!(!terms.stands_in(Duration::MAX));
    let fixed = Terms { lifetime: Duration::MAX, initial_age: Duration::ZERO, ..terms };
    assert_eq!(fixed.keep(), Duration::MAX);
    assert_eq!(fixed.reuse(SECOND, &directives("max-age=5, max-stale")), Reuse::Fresh);
}
