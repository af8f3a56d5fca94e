//! `Vary`: which request headers tell the variants of a response apart, and when two requests want the same one (RFC 9111 §4.1).

use http::{HeaderMap, HeaderName};
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
    /// Reads the `Vary` of a response.
    pub(in crate::http) fn of(response: &HeaderMap) -> Self {
        let _ = response;
        Self::Any
    }
}

/// What a request says in the headers that a response varies by, normalized: requests with equal variants want the same response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::http) struct Variant(Box<[u8]>);

impl Variant {
    /// Reads those headers of a request.
    pub(in crate::http) fn of(names: &[HeaderName], request: &HeaderMap) -> Self {
        let _ = (names, request);
        Self(Box::default())
    }

    /// Returns how many bytes it takes.
    pub(in crate::http) fn size(&self) -> usize {
        self.0.len()
    }
}
