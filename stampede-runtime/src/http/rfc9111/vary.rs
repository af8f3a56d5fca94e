//! `Vary`: which request headers tell the variants of a response apart, and when two requests want the same one (RFC 9111 §4.1).

use super::syntax::{all_members, members, trim};
use http::{HeaderMap, HeaderName, header};
use std::sync::Arc;

/// The `Vary` of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) enum Vary {
    /// `*`: no other request can be answered by it.
    Any,
    /// These headers, sorted, each once; none if there is no `Vary`.
    Names(Arc<[HeaderName]>),
}

impl Vary {
    /// Reads the `Vary` of a response. What is no name of a header counts as `*`.
    pub(in crate::http) fn of(response: &HeaderMap) -> Self {
        let members = all_members(response, header::VARY).filter(|member| !member.is_empty());
        let names = members.map(|member| match member {
            b"*" => Err(()),
            name => HeaderName::from_bytes(name).map_err(drop),
        });
        let Ok(mut names) = names.collect::<Result<Vec<_>, _>>() else { return Self::Any };
        names.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
        names.dedup();
        Self::Names(names.into())
    }
}

/// What a request says in the headers that a response varies by, normalized: requests with equal variants want the same response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::http) struct Variant(Box<[u8]>);

impl Variant {
    /// Reads those headers of a request.
    pub(in crate::http) fn of(names: &[HeaderName], request: &HeaderMap) -> Self {
        let mut text = Vec::new();
        for name in names {
            let mut fields = request.get_all(name).into_iter().map(http::HeaderValue::as_bytes).peekable();
            if fields.peek().is_none() {
                text.push(ABSENT);
                continue;
            }
            let start = text.len();
            // Several fields are one list. The end of the value is found by its length, so no value runs into the next.
            text.extend_from_slice(&[PRESENT; 1 + LENGTH]);
            let members = fields.flat_map(members);
            if *name == header::ACCEPT_LANGUAGE || *name == header::ACCEPT_ENCODING {
                write_preferences(members, &mut text);
            } else {
                write_list(members, &mut text);
            }
            let length = (text.len() - start - 1 - LENGTH) as u64;
            text[start + 1..start + 1 + LENGTH].copy_from_slice(&length.to_le_bytes());
        }
        Self(text.into())
    }

    /// Returns it as bytes, which are equal for equal variants only.
    pub(in crate::http) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Marks a header that the request has not, which is something else than an empty one.
const ABSENT: u8 = 0;
const PRESENT: u8 = 1;
/// The bytes of a length.
const LENGTH: usize = size_of::<u64>();

/// Writes a header of unknown syntax: whitespace around commas makes no difference.
fn write_list<'a>(members: impl Iterator<Item = &'a [u8]>, text: &mut Vec<u8>) {
    for (at, member) in members.enumerate() {
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(member);
    }
}

/// Writes a list of preferences: the weights decide and the order does not, nor does case (RFC 9110 §12.4.2, §12.5.4).
fn write_preferences<'a>(members: impl Iterator<Item = &'a [u8]>, text: &mut Vec<u8>) {
    let mut preferences: Vec<(Vec<u8>, u16)> =
        members.filter(|member| !member.is_empty()).map(preference).collect();
    preferences.sort_unstable();
    preferences.dedup();
    for (name, weight) in preferences {
        text.extend_from_slice(&name);
        text.push(b';');
        text.extend_from_slice(&weight.to_le_bytes());
        text.push(b',');
    }
}

/// Splits `en;q=0.5` into a lower-case name and a weight in thousandths. What is written in another way is a name as it is.
fn preference(member: &[u8]) -> (Vec<u8>, u16) {
    const FULL: u16 = 1_000;
    let lower = member.to_ascii_lowercase();
    let Some(at) = lower.iter().position(|byte| *byte == b';') else { return (lower, FULL) };
    let weight = trim(&lower[at + 1..]).strip_prefix(b"q=").and_then(weight);
    match weight {
        Some(weight) => (trim(&lower[..at]).to_vec(), weight),
        None => (lower, FULL),
    }
}

/// Reads `0`, `0.123`, `1` or `1.000` as thousandths.
fn weight(value: &[u8]) -> Option<u16> {
    let (whole, fraction) = match value {
        [whole @ b'0'..=b'1'] => (whole, &[][..]),
        [whole @ b'0'..=b'1', b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let mut weight = u16::from(whole - b'0');
    for at in 0..3 {
        let digit = fraction.get(at).copied().unwrap_or(b'0');
        weight = weight * 10 + u16::from(Some(digit).filter(u8::is_ascii_digit)? - b'0');
    }
    (weight <= 1_000).then_some(weight)
}

#[cfg(test)]
mod tests {
    use super::{Variant, Vary, weight};
    use crate::http::rfc9111::tests::headers;
    use http::HeaderName;

    fn names(vary: &[&str]) -> Option<Vec<String>> {
        let fields: Vec<_> = vary.iter().map(|value| ("vary", *value)).collect();
        match Vary::of(&headers(&fields)) {
            Vary::Any => None,
            Vary::Names(names) => Some(names.iter().map(ToString::to_string).collect()),
        }
    }

    /// Says whether two requests want the same variant.
    fn same(names: &[&'static str], one: &[(&str, &str)], other: &[(&str, &str)]) -> bool {
        let names: Vec<_> = names.iter().map(|name| HeaderName::from_static(name)).collect();
        Variant::of(&names, &headers(one)) == Variant::of(&names, &headers(other))
    }

    #[test]
    fn names_are_sorted_and_a_star_anywhere_is_any() {
        assert_eq!(names(&[]).unwrap(), [""; 0]);
        assert_eq!(names(&["Foo, , bar", "foo"]).unwrap(), ["bar", "foo"]);
        for any in [&["*"][..], &["*, *"], &["a", ", *"], &["foo, *"], &["a b"]] {
            assert_eq!(names(any), None, "{any:?}");
        }
    }

    #[test]
    fn fields_and_whitespace_are_combined() {
        assert!(same(&["foo"], &[("foo", "1, 2")], &[("foo", "1"), ("foo", " 2 ")]));
        assert!(!same(&["foo"], &[("foo", "\"1, 2\"")], &[("foo", "\"1,2\"")]));
        assert!(!same(&["foo"], &[("foo", "1")], &[("foo", "2")]));
        assert!(!same(&["foo"], &[("foo", "a")], &[("foo", "A")]));
        assert!(same(&["foo"], &[("other", "1")], &[("other", "2")]));
    }

    #[test]
    fn values_do_not_run_into_each_other() {
        assert!(!same(&["a", "b"], &[("a", "1")], &[("b", "1")]));
        assert!(!same(&["a", "b"], &[("a", "1"), ("b", "")], &[("a", "1")]));
        assert!(!same(&["a", "b"], &[("a", "12"), ("b", "3")], &[("a", "1"), ("b", "23")]));
    }

    #[test]
    fn preferences_are_compared_by_their_weights() {
        let same = |one, other| {
            same(&["accept-language"], &[("accept-language", one)], &[("accept-language", other)])
        };
        assert!(same("en, de", "De,eN"));
        assert!(same("en;q=0.50, de;q=1.0", "de , en ; q=0.5"));
        assert!(!same("en;q=0.5, de", "en, de;q=0.5"));
        assert!(!same("en", "en, de"));
        assert!(!same("en;q=2", "en"));
        assert!(!same("en;x=1", "en"));
    }

    #[test]
    fn weights_are_thousandths() {
        let weights = ["0", "1", "1.000", "0.5", "0.123"].map(|value| weight(value.as_bytes()));
        assert_eq!(weights, [Some(0), Some(1_000), Some(1_000), Some(500), Some(123)]);
        for wrong in ["", ".5", "1.001", "2", "0.1234", "0.a", "-1"] {
            assert_eq!(weight(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
