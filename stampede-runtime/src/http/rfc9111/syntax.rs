//! The pieces that header fields are made of: lists, whitespace, quoted strings, dates (RFC 9110 §5.5, §5.6).
//!
//! Values are bytes, as they come: nothing here asks for UTF-8, and nothing fails.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::{
    str,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Iterates over the members of a list, without the whitespace around them. Commas inside quoted strings separate nothing; a
/// quoted string that does not end is none, and its commas do.
pub(super) fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(value);
    let mut quotes_end = true;
    std::iter::from_fn(move || {
        let value = rest?;
        let end = end_of_member(value, &mut quotes_end);
        rest = value.get(end + 1..);
        Some(trim(&value[..end]))
    })
}

/// Iterates over the members of all fields of a name, which make up one list.
pub(super) fn all_members(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    headers.get_all(name).into_iter().flat_map(|value| members(value.as_bytes()))
}

/// Finds the comma, or the end. Where one quoted string does not end none behind it does: all further quotes are escaped, from
/// wherever one looks at them. They are not looked at again, or a value of quotes alone would take the square of its length.
fn end_of_member(value: &[u8], quotes_end: &mut bool) -> usize {
    let mut at = 0;
    while let Some(byte) = value.get(at) {
        at += match byte {
            b',' => return at,
            b'"' if *quotes_end => {
                let length = quoted_length(&value[at..]);
                *quotes_end = length.is_some();
                length.unwrap_or(1)
            }
            _ => 1,
        };
    }
    value.len()
}

/// Returns the length of the quoted string that the value starts with, its quotes included; `None` if it does not end.
pub(super) fn quoted_length(value: &[u8]) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in value.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Returns the contents of a value that is one quoted string.
pub(super) fn unquote(value: &[u8]) -> Option<Vec<u8>> {
    if value.first() != Some(&b'"') || quoted_length(value) != Some(value.len()) {
        return None;
    }
    let mut contents = Vec::with_capacity(value.len());
    let mut bytes = value[1..value.len() - 1].iter();
    while let Some(&byte) = bytes.next() {
        contents.push(if byte == b'\\' { *bytes.next()? } else { byte });
    }
    Some(contents)
}

/// Strips spaces and tabs at both ends.
pub(super) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The longest time that a number of seconds stands for: 2^31 s, 68 years, which RFC 9111 §1.2.2 has larger ones mean.
const LONGEST: u64 = 1 << 31;

/// Reads a number of seconds: digits and nothing else.
pub(super) fn seconds(value: &[u8]) -> Option<Duration> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // What overflows an `u64` is more than the longest time.
    let number = str::from_utf8(value).ok()?.parse().unwrap_or(LONGEST);
    Some(Duration::from_secs(number.min(LONGEST)))
}

/// Reads a date in any of the three formats of HTTP.
pub(super) fn date(value: &HeaderValue) -> Option<SystemTime> {
    httpdate::parse_http_date(value.to_str().ok()?).ok()
}

/// Returns the value of a field that may be there only once, if it is; `None` too if there are several that differ.
pub(super) fn single(headers: &HeaderMap, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// Cuts a point in time to whole seconds, which is what dates of HTTP are made of.
pub(super) fn whole_seconds(time: SystemTime) -> SystemTime {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::{Duration, members, quoted_length, seconds, trim, unquote};

    fn list(value: &str) -> Vec<&str> {
        members(value.as_bytes()).map(|member| std::str::from_utf8(member).unwrap()).collect()
    }

    #[test]
    fn members_end_at_commas_outside_of_quoted_strings() {
        assert_eq!(list(r#" a , b="c, \" d" ,,e"#), ["a", r#"b="c, \" d""#, "", "e"]);
        assert_eq!(list(""), [""]);
        assert_eq!(list("a,"), ["a", ""]);
    }

    #[test]
    fn a_quote_that_does_not_end_hides_nothing() {
        assert_eq!(list(r#"a="b, no-store"#), [r#"a="b"#, "no-store"]);
    }

    #[test]
    fn quotes_that_do_not_end_take_no_longer_than_others() {
        // 400 KiB, which is what servers take: the square of it would be minutes.
        let value = "\"\\".repeat(200 << 10) + ",a";
        assert_eq!(members(value.as_bytes()).last(), Some(&b"a"[..]));
    }

    #[test]
    fn quoted_strings_are_undone() {
        assert_eq!(unquote(br#""a\"b\\""#).unwrap(), br#"a"b\"#);
        assert_eq!(unquote(br#""a" "#), None);
        assert_eq!(unquote(b"a"), None);
        assert_eq!(unquote(b"\""), None);
        assert_eq!(quoted_length(br#""a\""#), None);
    }

    #[test]
    fn seconds_are_digits_and_have_an_end() {
        assert_eq!(seconds(b"003600"), Some(Duration::from_secs(3_600)));
        assert_eq!(seconds(b"99999999999999999999999"), Some(Duration::from_secs(1 << 31)));
        for wrong in ["", "-1", "+1", "1.0", "'1'", "1a", "\u{661}"] {
            assert_eq!(seconds(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(trim(b" \t a b\t"), b"a b");
        assert_eq!(trim(b" "), b"");
    }
}
