//! What is read from `Cache-Control`, and that no bytes at all confuse it.

use super::{RequestDirectives, ResponseDirectives, Scope, Time};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use proptest::prelude::*;
use std::time::Duration;

fn headers(name: &str, values: &[&str]) -> HeaderMap {
    let fields: Vec<_> = values.iter().map(|value| (name, *value)).collect();
    crate::http::rfc9111::tests::headers(&fields)
}

fn response(values: &[&str]) -> ResponseDirectives {
    ResponseDirectives::of(&headers("cache-control", values), false).0
}

fn request(value: &str) -> RequestDirectives {
    RequestDirectives::of(&headers("cache-control", &[value]))
}

const fn given(seconds: u64) -> Time {
    Time::Given(Duration::from_secs(seconds))
}

#[test]
fn directives_are_read_from_all_fields_in_any_case() {
    let all = response(&["No-StOrE,MAX-AGE=\"60\"", "s-maxage=5 ,, public, extension=\"max-age=9\""]);
    assert_eq!((all.max_age, all.s_maxage, all.no_store, all.public), (given(60), given(5), true, true));
    assert!(!all.must_revalidate && !all.must_understand && all.private == Scope::Nothing);
}

#[test]
fn a_time_that_is_no_number_is_invalid() {
    for value in
        ["max-age", "max-age=", "max-age=1.5", "max-age=-1", "max-age='1'", "max-age=1a", "max-age=\"1"]
    {
        assert_eq!(response(&[value]).max_age, Time::Invalid, "{value}");
    }
    for value in ["max-age =1", "max-age\t=1", "max-age= 1"] {
        assert_eq!(response(&[value]).max_age, Time::Invalid, "{value}");
    }
}

#[test]
fn a_time_that_is_given_twice_counts_if_it_is_the_same() {
    assert_eq!(response(&["max-age=1, max-age=1"]).max_age, given(1));
    assert_eq!(response(&["max-age=1", "max-age=2"]).max_age, Time::Invalid);
    assert_eq!(response(&["max-age=1, max-age=2, max-age=1"]).max_age, Time::Invalid);
}

#[test]
fn fields_are_read_from_both_forms_and_else_all_is_meant() {
    let names = |names: &[&'static str]| {
        Scope::Fields(names.iter().map(|name| HeaderName::from_static(name)).collect())
    };
    assert_eq!(response(&["private=\"a, B\", private=c"]).private, names(&["a", "b", "c"]));
    assert_eq!(response(&["no-cache=\"a\""]).no_cache.fields(), [HeaderName::from_static("a")]);
    for all in
        ["private", "private=", "private=\"\"", "private=\"a b\"", "private=\"a\", private", "private =a"]
    {
        assert_eq!(response(&[all]).private, Scope::All, "{all}");
    }
}

#[test]
fn requests_get_the_strictest_reading() {
    let all = request("max-age=10, max-age=5, min-fresh=1, min-fresh=7, max-stale=9, max-stale");
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!((all.max_age, all.min_fresh, all.max_stale), (seconds(5), seconds(7), seconds(9)));
    assert_eq!(request("max-stale").max_stale, Some(Duration::MAX));
    let broken = request("max-age=x, min-fresh=x, max-stale=x");
    assert_eq!((broken.max_age, broken.min_fresh), (seconds(0), Some(Duration::MAX)));
    assert_eq!(broken.max_stale, seconds(0));
    let flags = request("no-cache, no-store, only-if-cached");
    assert!(flags.no_cache && flags.no_store && flags.only_if_cached);
}

#[test]
fn pragma_counts_without_cache_control() {
    let mut pragma = headers("pragma", &["x, No-Cache"]);
    assert!(RequestDirectives::of(&pragma).no_cache);
    pragma.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=1"));
    assert!(!RequestDirectives::of(&pragma).no_cache);
}

/// Reads directives of a response with both fields.
fn targeted(cdn: &[&str]) -> (ResponseDirectives, bool) {
    let mut all = headers("cdn-cache-control", cdn);
    all.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ResponseDirectives::of(&all, true)
}

#[test]
fn the_targeted_field_replaces_cache_control() {
    let (all, is_targeted) =
        targeted(&["max-age=60;x=\"y\", must-revalidate", "private=\"set-cookie\", max-age=5"]);
    assert!(is_targeted && all.must_revalidate && !all.no_store);
    assert_eq!((all.max_age, all.private.fields()), (given(5), &[header::SET_COOKIE][..]));
    let (all, _) = targeted(&["no-cache=?0, no-store=?1, x=(a \"b\" 1.5;q);c, y=:YQ==:, public"]);
    assert!(all.no_cache == Scope::Nothing && all.no_store && all.public);
}

#[test]
fn a_targeted_field_that_is_not_well_formed_is_not_there() {
    for wrong in
        ["", "MAX-AGE=1", "max-age=1,", "max-age=", "max-age=1 2", "a=\"b", "a=(b", "=1", "a;", "a=1.2345"]
    {
        let (all, is_targeted) = targeted(&[wrong]);
        assert!(!is_targeted && all.no_store, "{wrong}");
    }
}

#[test]
fn a_targeted_directive_of_a_wrong_type_has_nothing_stored_longer() {
    for wrong in ["max-age=\"60\"", "max-age=60.0", "max-age=-60", "max-age", "max-age=sixty"] {
        assert_eq!(targeted(&[wrong]).0.max_age, Time::Invalid, "{wrong}");
    }
    assert!(targeted(&["no-store=5"]).0.no_store);
    assert!(!targeted(&["public=5"]).0.public);
    assert_eq!(targeted(&["private=5"]).0.private, Scope::All);
}

/// Writes a directive in one of the ways that mean the same.
fn written(name: &str, argument: Option<&str>, upper: bool, quoted: bool, spaces: bool) -> String {
    let name = if upper { name.to_ascii_uppercase() } else { name.to_owned() };
    let space = if spaces { " \t" } else { "" };
    match argument {
        Some(argument) if quoted || argument.contains(',') => format!("{space}{name}=\"{argument}\"{space}"),
        Some(argument) => format!("{space}{name}={argument}{space}"),
        None => format!("{space}{name}{space}"),
    }
}

proptest! {
    #[test]
    fn directives_survive_every_way_of_writing_them(
        max_age in 0_u64..=1 << 31,
        window in 0_u64..1 << 31,
        flags in any::<[bool; 4]>(),
        names in proptest::collection::vec("[a-z][a-z0-9-]{0,9}", 1..4),
        styles in any::<[(bool, bool, bool); 6]>(),
        fields in any::<bool>(),
    ) {
        let (max_age_text, window_text) = (max_age.to_string(), window.to_string());
        let list = names.join(", ");
        let mut directives = vec![
            ("max-age", Some(max_age_text.as_str())),
            ("stale-if-error", Some(window_text.as_str())),
            ("no-cache", Some(list.as_str())),
        ];
        let flagged = ["no-store", "public", "must-revalidate"];
        directives.extend(flagged.into_iter().zip(flags).filter(|(_, is)| *is).map(|(name, _)| (name, None)));
        let texts: Vec<String> = directives.iter().zip(styles).map(|(&(name, argument), style)| {
            written(name, argument, style.0, style.1, style.2)
        }).collect();
        let texts = if fields { texts } else { vec![texts.join(",")] };
        let read = response(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let expected = ResponseDirectives {
            max_age: given(max_age),
            stale_if_error: given(window),
            no_cache: Scope::Fields(names.iter().map(|name| HeaderName::try_from(name).unwrap()).collect()),
            no_store: flags[0],
            public: flags[1],
            must_revalidate: flags[2],
            ..ResponseDirectives::default()
        };
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn what_follows_a_broken_directive_is_read(junk in "[^,]{0,30}") {
        let Ok(value) = HeaderValue::from_bytes(format!("x={junk}, no-store").as_bytes()) else { return Ok(()) };
        let read = ResponseDirectives::of(&HeaderMap::from_iter([(header::CACHE_CONTROL, value)]), false).0;
        prop_assert!(read.no_store);
    }
}
