//! Which of the headers that matter to a cache a request has. Most requests have none, and one look at the names says so.

use http::HeaderMap;

/// A set of headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::http) struct Survey(u8);

impl Survey {
    /// `Cache-Control` or `Pragma`.
    pub(in crate::http) const DIRECTIVES: Self = Self(1);
    /// `If-None-Match` or `If-Modified-Since`.
    pub(in crate::http) const CONDITION: Self = Self(1 << 1);
    /// `Range`.
    pub(in crate::http) const RANGE: Self = Self(1 << 2);
    /// `Authorization`, `Cookie` or `Proxy-Authorization`.
    pub(in crate::http) const CREDENTIALS: Self = Self(1 << 3);
    /// What is between client and service alone: conditions on the origin's state (RFC 9111 §4.3.2), or `Upgrade`.
    pub(in crate::http) const FOR_THE_SERVICE: Self = Self(1 << 4);

    /// Looks at the headers of a request.
    pub(in crate::http) fn of(request: &HeaderMap) -> Self {
        let mut found = Self::default();
        for name in request.keys() {
            found.0 |= match name.as_str() {
                "cache-control" | "pragma" => Self::DIRECTIVES.0,
                "if-none-match" | "if-modified-since" => Self::CONDITION.0,
                "range" => Self::RANGE.0,
                "authorization" | "cookie" | "proxy-authorization" => Self::CREDENTIALS.0,
                "if-match" | "if-unmodified-since" | "upgrade" => Self::FOR_THE_SERVICE.0,
                _ => 0,
            };
        }
        found
    }

    /// Says whether one of these is there.
    pub(in crate::http) const fn has(self, headers: Self) -> bool {
        self.0 & headers.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::Survey;
    use crate::http::rfc9111::tests::headers;

    #[test]
    fn each_header_is_found() {
        let all = [
            (Survey::DIRECTIVES, &["cache-control", "pragma"][..]),
            (Survey::CONDITION, &["if-none-match", "if-modified-since"]),
            (Survey::RANGE, &["range"]),
            (Survey::CREDENTIALS, &["authorization", "cookie", "proxy-authorization"]),
            (Survey::FOR_THE_SERVICE, &["if-match", "if-unmodified-since", "upgrade"]),
        ];
        for (kind, names) in all {
            for name in names {
                let found = Survey::of(&headers(&[("host", "a"), (name, "x")]));
                assert_eq!(found, kind, "{name}");
                assert!(found.has(kind));
            }
        }
        let none = Survey::of(&headers(&[("host", "a"), ("accept", "x")]));
        assert!(all.iter().all(|(kind, _)| !none.has(*kind)));
    }
}
