//! The directives of `Cache-Control`, of requests and responses (RFC 9111 §5.2).
//!
//! Where a field is not as it should be, it is read so that less is stored, for a shorter time.

use super::{
    syntax::{all_members, members, seconds, trim, unquote},
    targeted,
};
use http::{HeaderMap, HeaderName, header};
use std::time::Duration;

/// What a request wants from a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::http) struct RequestDirectives {
    /// The response's age must not exceed this.
    pub(in crate::http) max_age: Option<Duration>,
    /// The response must stay fresh for this long.
    pub(in crate::http) min_fresh: Option<Duration>,
    /// The response may have been stale for this long; `Duration::MAX` for any time.
    pub(in crate::http) max_stale: Option<Duration>,
    /// The response must have been validated for this request. Also `Pragma: no-cache` without any `Cache-Control`.
    pub(in crate::http) no_cache: bool,
    /// Nothing of this exchange may be stored.
    pub(in crate::http) no_store: bool,
    /// The request must not be forwarded: a stored response, or 504.
    pub(in crate::http) only_if_cached: bool,
}

impl RequestDirectives {
    /// Reads `Cache-Control` and `Pragma` of a request.
    pub(in crate::http) fn of(request: &HeaderMap) -> Self {
        let mut all = Self::default();
        if !request.contains_key(header::CACHE_CONTROL) {
            all.no_cache =
                all_members(request, header::PRAGMA).any(|member| member.eq_ignore_ascii_case(b"no-cache"));
            return all;
        }
        for member in all_members(request, header::CACHE_CONTROL) {
            all.add(&Directive::of(member));
        }
        all
    }

    fn add(&mut self, directive: &Directive<'_>) {
        // A number that is none asks for the most that it could have.
        let seconds = || directive.value().and_then(|value| seconds(&value));
        if directive.is("max-age") {
            self.max_age = Some(seconds().unwrap_or_default().min(self.max_age.unwrap_or(Duration::MAX)));
        } else if directive.is("min-fresh") {
            self.min_fresh = Some(seconds().unwrap_or(Duration::MAX).max(self.min_fresh.unwrap_or_default()));
        } else if directive.is("max-stale") {
            let time = if directive.argument.is_none() { Some(Duration::MAX) } else { seconds() };
            self.max_stale = Some(time.unwrap_or_default().min(self.max_stale.unwrap_or(Duration::MAX)));
        } else if directive.is("no-cache") {
            self.no_cache = true;
        } else if directive.is("no-store") {
            self.no_store = true;
        } else if directive.is("only-if-cached") {
            self.only_if_cached = true;
        }
    }
}

/// What a response says to caches.
#[allow(clippy::struct_excessive_bools, reason = "directives without an argument are there or not")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ResponseDirectives {
    pub(super) max_age: Time,
    pub(super) s_maxage: Time,
    pub(super) stale_while_revalidate: Time,
    pub(super) stale_if_error: Time,
    pub(super) no_store: bool,
    pub(super) no_cache: Scope,
    pub(super) private: Scope,
    pub(super) public: bool,
    pub(super) must_revalidate: bool,
    pub(super) proxy_revalidate: bool,
    pub(super) must_understand: bool,
}

/// A time that a directive gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Time {
    /// The directive is not there.
    #[default]
    Absent,
    /// It is there, but is no number, or is there with different ones.
    Invalid,
    /// This long.
    Given(Duration),
}

/// What a directive is about that may name fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Scope {
    /// The directive is not there.
    #[default]
    Nothing,
    /// These fields of the response.
    Fields(Vec<HeaderName>),
    /// All of the response.
    All,
}

impl ResponseDirectives {
    /// Reads `Cache-Control` of a response, or, if `cdn` has it, `CDN-Cache-Control` where that is there and valid. Says too
    /// whether it was the latter.
    pub(super) fn of(response: &HeaderMap, cdn: bool) -> (Self, bool) {
        if cdn && let Some(targeted) = targeted::directives(response) {
            return (targeted, true);
        }
        let mut all = Self::default();
        for member in all_members(response, header::CACHE_CONTROL) {
            let directive = Directive::of(member);
            all.add(&directive);
        }
        (all, false)
    }

    fn add(&mut self, directive: &Directive<'_>) {
        let time = match directive.value().and_then(|value| seconds(&value)) {
            Some(time) => Time::Given(time),
            None => Time::Invalid,
        };
        if directive.is("max-age") {
            self.max_age.add(time);
        } else if directive.is("s-maxage") {
            self.s_maxage.add(time);
        } else if directive.is("stale-while-revalidate") {
            self.stale_while_revalidate.add(time);
        } else if directive.is("stale-if-error") {
            self.stale_if_error.add(time);
        } else if directive.is("no-cache") {
            self.no_cache.add(directive.scope());
        } else if directive.is("private") {
            self.private.add(directive.scope());
        } else {
            self.add_flag(directive);
        }
    }

    fn add_flag(&mut self, directive: &Directive<'_>) {
        let flags = [
            ("no-store", &mut self.no_store),
            ("public", &mut self.public),
            ("must-revalidate", &mut self.must_revalidate),
            ("proxy-revalidate", &mut self.proxy_revalidate),
            ("must-understand", &mut self.must_understand),
        ];
        for (name, flag) in flags {
            *flag |= directive.is(name);
        }
    }
}

impl Time {
    /// Adds another occurrence: twice the same is once, different ones are invalid (RFC 9111 §4.2.1 has such a response be
    /// stale, or the first one count; who is stale is never wrong).
    fn add(&mut self, other: Self) {
        *self = if matches!(self, Self::Absent) || *self == other { other } else { Self::Invalid };
    }
}

impl Scope {
    /// Adds another occurrence.
    pub(super) fn add(&mut self, other: Self) {
        *self = match (std::mem::take(self), other) {
            (Self::Nothing, other) => other,
            (Self::Fields(mut names), Self::Fields(others)) => {
                names.extend(others);
                Self::Fields(names)
            }
            _ => Self::All,
        };
    }

    /// Reads a list of field names; what is not one is about all of the response.
    pub(super) fn of(list: &[u8]) -> Self {
        let names = members(list).filter(|name| !name.is_empty()).map(HeaderName::from_bytes);
        match names.collect::<Result<Vec<_>, _>>() {
            Ok(names) if !names.is_empty() => Self::Fields(names),
            _ => Self::All,
        }
    }

    /// Returns the fields that it names.
    pub(super) fn fields(&self) -> &[HeaderName] {
        match self {
            Self::Fields(names) => names,
            Self::Nothing | Self::All => &[],
        }
    }
}

/// One member of `Cache-Control`.
struct Directive<'a> {
    name: &'a [u8],
    /// What stands behind the `=`, as it is written.
    argument: Option<&'a [u8]>,
}

impl<'a> Directive<'a> {
    fn of(member: &'a [u8]) -> Self {
        match member.iter().position(|byte| *byte == b'=') {
            // Whitespace around the `=` is not allowed. The name counts all the same, so that `no-store =1` is no way around
            // it; a number is none.
            Some(at) if member[..at].ends_with(b" ") || member[..at].ends_with(b"\t") => {
                Self { name: trim(&member[..at]), argument: Some(b"") }
            }
            Some(at) => Self { name: &member[..at], argument: Some(&member[at + 1..]) },
            None => Self { name: member, argument: None },
        }
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Returns the argument, out of its quotes if it has any: both forms are allowed for all directives.
    fn value(&self) -> Option<Vec<u8>> {
        let argument = self.argument?;
        unquote(argument).or_else(|| (!argument.contains(&b'"')).then(|| argument.to_vec()))
    }

    fn scope(&self) -> Scope {
        match self.value() {
            Some(list) => Scope::of(&list),
            None => Scope::All,
        }
    }
}

#[cfg(test)]
mod tests;
