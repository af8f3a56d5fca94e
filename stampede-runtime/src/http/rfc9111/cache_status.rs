//! `Cache-Status`: how a response came about, for those who debug (RFC 9211).

use http::{HeaderMap, HeaderName, HeaderValue};
use std::{fmt::Write as _, time::Duration};

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
        let mut text = String::with_capacity(48);
        text.push_str("stampede; ");
        // Writing to a `String` does not fail.
        let _ = match *self {
            Self::Hit { fresh_for, stale_by } if stale_by.is_zero() => {
                write!(text, "hit; ttl={}", fresh_for.as_secs())
            }
            Self::Hit { stale_by, .. } => write!(text, "hit; ttl=-{}", stale_by.as_secs()),
            Self::Forward { why, .. } => write!(text, "fwd={}", why.token()),
        };
        if let Self::Forward { status, stored, collapsed, .. } = *self {
            if let Some(status) = status {
                let _ = write!(text, "; fwd-status={status}");
            }
            if stored {
                text.push_str("; stored");
            }
            if collapsed {
                text.push_str("; collapsed");
            }
        }
        HeaderValue::try_from(text).expect("letters, digits and punctuation")
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
