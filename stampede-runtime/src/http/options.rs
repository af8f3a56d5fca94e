//! How a layer is set up.

use super::{key::RequestKey, rfc9111::Rules};
use http::{HeaderName, Method, StatusCode, header, request::Parts};
use std::{fmt, sync::Arc, time::Duration};

pub(super) type KeyFn = Arc<dyn Fn(&Parts) -> RequestKey + Send + Sync>;
pub(super) type StatusFn = Arc<dyn Fn(StatusCode) -> Option<Duration> + Send + Sync>;

/// By what a response's life is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// By the layer's ttl.
    Fixed,
    /// By what the response says (RFC 9111).
    Headers,
}

/// The options of a layer.
#[derive(Clone)]
pub(super) struct Options {
    pub(super) mode: Mode,
    pub(super) ttl: Option<Duration>,
    pub(super) stale_while_revalidate: Duration,
    pub(super) stale_if_error: Duration,
    pub(super) cdn_cache_control: bool,
    pub(super) key: Option<KeyFn>,
    /// Sorted, each once.
    pub(super) key_headers: Arc<[HeaderName]>,
    pub(super) paths: Option<Arc<[Paths]>>,
    pub(super) methods: Arc<[Method]>,
    pub(super) ttl_by_status: Option<StatusFn>,
    pub(super) max_body: usize,
}

/// Bytes of a body that are kept by default.
const DEFAULT_MAX_BODY: usize = 1 << 20;

impl Options {
    pub(super) fn new(mode: Mode, ttl: Option<Duration>) -> Self {
        Self {
            mode,
            ttl,
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
            cdn_cache_control: false,
            key: None,
            key_headers: Arc::from([]),
            paths: None,
            methods: Arc::from([Method::GET, Method::HEAD]),
            ttl_by_status: None,
            max_body: DEFAULT_MAX_BODY,
        }
    }

    pub(super) fn rules(&self) -> Rules {
        Rules {
            default_ttl: self.ttl,
            cdn_cache_control: self.cdn_cache_control,
            stale_while_revalidate: self.stale_while_revalidate,
            stale_if_error: self.stale_if_error,
        }
    }

    /// How long a response of this status is fresh in the layer's own terms; `None` if it is not kept, nor shared unless it is an
    /// error of the server.
    pub(super) fn ttl_of(&self, status: StatusCode) -> Option<Duration> {
        if status.is_server_error() || !is_whole(status) {
            return None;
        }
        let by_status = self.ttl_by_status.as_ref().and_then(|ttl| ttl(status));
        by_status.or_else(|| self.ttl.filter(|_| is_cacheable_by_default(status)))
    }

    pub(super) fn keys_by(&self, name: &HeaderName) -> bool {
        self.key_headers.contains(name)
    }

    pub(super) fn takes_path(&self, path: &str) -> bool {
        self.paths.as_ref().is_none_or(|paths| paths.iter().any(|pattern| pattern.matches(path)))
    }
}

/// Whether a response of this status answers a request by itself.
fn is_whole(status: StatusCode) -> bool {
    !status.is_informational() && status != StatusCode::PARTIAL_CONTENT && status != StatusCode::NOT_MODIFIED
}

/// The statuses of RFC 9110, section 15.1, but those of server errors and of parts.
fn is_cacheable_by_default(status: StatusCode) -> bool {
    matches!(status.as_u16(), 200 | 203 | 204 | 300 | 301 | 308 | 404 | 405 | 410 | 414)
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("mode", &self.mode)
            .field("ttl", &self.ttl)
            .field("stale_while_revalidate", &self.stale_while_revalidate)
            .field("stale_if_error", &self.stale_if_error)
            .field("key_headers", &self.key_headers)
            .field("paths", &self.paths)
            .field("methods", &self.methods)
            .field("max_body", &self.max_body)
            .finish_non_exhaustive()
    }
}

/// A path, or all that begin with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Paths {
    One(String),
    Under(String),
}

impl Paths {
    pub(super) fn new(pattern: String) -> Self {
        match pattern.strip_suffix('*') {
            Some(start) => Self::Under(start.to_owned()),
            None => Self::One(pattern),
        }
    }

    fn matches(&self, path: &str) -> bool {
        match self {
            Self::One(one) => path == one,
            Self::Under(start) => path.starts_with(start.as_str()),
        }
    }
}

/// The request headers that say who asks.
pub(super) const CREDENTIALS: [HeaderName; 3] =
    [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_exact_or_prefixes() {
        assert!(Paths::new("/a".to_owned()).matches("/a"));
        assert!(!Paths::new("/a".to_owned()).matches("/ab"));
        assert!(!Paths::new("/a".to_owned()).matches("/A"));
        assert!(Paths::new("/a/*".to_owned()).matches("/a/b/c"));
        assert!(!Paths::new("/a/*".to_owned()).matches("/a"));
        assert!(Paths::new("*".to_owned()).matches("/"));
    }

    #[test]
    fn errors_of_the_server_have_no_ttl_whatever_is_said() {
        // H4
        let second = Some(Duration::from_secs(1));
        let mut options = Options::new(Mode::Fixed, second);
        assert_eq!(options.ttl_of(StatusCode::OK), second);
        assert_eq!(options.ttl_of(StatusCode::FOUND), None);
        options.ttl_by_status = Some(Arc::new(|_| Some(Duration::from_secs(2))));
        assert_eq!(options.ttl_of(StatusCode::FOUND), Some(Duration::from_secs(2)));
        for status in [500, 503, 599, 206, 304, 101] {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(options.ttl_of(status), None, "{status}");
        }
    }
}
