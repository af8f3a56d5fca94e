//! `Cache-Status`: how a response came about, for those who debug (RFC 9211).

use http::{HeaderMap, HeaderName, HeaderValue};
use std::time::Duration;

/// The name of the header.
pub(in crate::http) static CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// One member of `Cache-Status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum CacheStatus {
    /// Answered by a stored response, without asking the service.
    Hit {
        /// How long it stays fresh.
        fresh_for: Duration,
        /// How long it has been stale; zero while it is fresh.
        stale_by: Duration,
    },
    /// Forwarded to the service.
    Forward {
        /// Why.
        why: Why,
        /// The status that the service gave, where the client gets another one.
        status: Option<u16>,
        /// Whether the response was stored.
        stored: bool,
        /// Whether another request's response answered this one.
        collapsed: bool,
    },
}

/// Why a request went to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Why {
    /// The layer doesn't handle such requests.
    Bypass,
    /// The method is not cached.
    Method,
    /// Nothing is stored under this URL.
    UriMiss,
    /// What is stored under this URL is for other request headers.
    VaryMiss,
    /// The request's own directives ask for it.
    Request,
    /// The stored response was stale.
    Stale,
}

impl CacheStatus {
    /// Writes it as a header value, under the name `stampede`.
    pub(in crate::http) fn render(&self) -> HeaderValue {
        // On the stack: a hit does this each time.
        let mut text = ArrayText::default();
        match *self {
            Self::Hit { fresh_for, stale_by } => {
                text.push(b"stampede; hit; ttl=");
                if !stale_by.is_zero() {
                    text.push(b"-");
                }
                text.push_number(if stale_by.is_zero() { fresh_for } else { stale_by }.as_secs());
            }
            Self::Forward { why, status, stored, collapsed } => {
                text.push(b"stampede; fwd=");
                text.push(why.token().as_bytes());
                if let Some(status) = status {
                    text.push(b"; fwd-status=");
                    text.push_number(status.into());
                }
                if stored {
                    text.push(b"; stored");
                }
                if collapsed {
                    text.push(b"; collapsed");
                }
            }
        }
        HeaderValue::from_bytes(text.as_bytes()).expect("letters, digits and punctuation")
    }

    /// Adds it to a response, behind those of the caches that were asked before.
    pub(in crate::http) fn add_to(&self, response: &mut HeaderMap) {
        response.append(CACHE_STATUS.clone(), self.render());
    }
}

impl Why {
    fn token(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Request => "request",
            Self::Stale => "stale",
        }
    }
}

/// The longest member, `stampede; fwd=vary-miss; fwd-status=65535; stored; collapsed`, has 58 bytes.
const LONGEST: usize = 64;

/// A text of bounded length.
struct ArrayText {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Default for ArrayText {
    fn default() -> Self {
        Self { bytes: [0; LONGEST], length: 0 }
    }
}

impl ArrayText {
    fn push(&mut self, text: &[u8]) {
        self.bytes[self.length..self.length + text.len()].copy_from_slice(text);
        self.length += text.len();
    }

    fn push_number(&mut self, mut number: u64) {
        // The digits of `u64::MAX`.
        let mut digits = [0; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b"0123456789"[(number % 10) as usize];
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.push(&digits[start..]);
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::{CacheStatus, Why};
    use std::time::Duration;

    #[test]
    fn members_are_written_as_structured_fields() {
        let seconds = Duration::from_secs;
        let cases = [
            (CacheStatus::Hit { fresh_for: seconds(7), stale_by: seconds(0) }, "stampede; hit; ttl=7"),
            (CacheStatus::Hit { fresh_for: seconds(0), stale_by: seconds(3) }, "stampede; hit; ttl=-3"),
            (
                CacheStatus::Forward { why: Why::Stale, status: Some(304), stored: true, collapsed: true },
                "stampede; fwd=stale; fwd-status=304; stored; collapsed",
            ),
            (
                CacheStatus::Hit { fresh_for: Duration::MAX, stale_by: seconds(0) },
                "stampede; hit; ttl=18446744073709551615",
            ),
            (
                CacheStatus::Forward {
                    why: Why::VaryMiss,
                    status: Some(u16::MAX),
                    stored: true,
                    collapsed: true,
                },
                "stampede; fwd=vary-miss; fwd-status=65535; stored; collapsed",
            ),
            (
                CacheStatus::Forward { why: Why::UriMiss, status: None, stored: false, collapsed: false },
                "stampede; fwd=uri-miss",
            ),
        ];
        for (status, text) in cases {
            assert_eq!(status.render(), text);
        }
    }

    #[test]
    fn it_stands_behind_the_caches_that_are_nearer_to_the_origin() {
        let mut headers = crate::http::rfc9111::tests::headers(&[("cache-status", "cdn; hit")]);
        CacheStatus::Forward { why: Why::Method, status: None, stored: false, collapsed: false }
            .add_to(&mut headers);
        let members: Vec<_> = headers.get_all("cache-status").into_iter().collect();
        assert_eq!(members, ["cdn; hit", "stampede; fwd=method"]);
    }
}
