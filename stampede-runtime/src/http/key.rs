//! What a request is known by: one string of bytes, in which every part has its length in front of it.
//!
//! Keys are compared as a whole. No two requests that differ in a part have equal ones, whatever the parts hold.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri, header::HOST};
use smallvec::SmallVec;
use std::{borrow::Borrow, sync::Arc};

/// A key that is stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(Arc<[u8]>);

impl Key {
    pub(super) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// How many bytes it takes.
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// A key that is being made; most need no memory of their own.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyBuf(SmallVec<[u8; 128]>);

impl KeyBuf {
    /// The key of a URL.
    ///
    /// `host` is what stands in the `Host` header: it names the authority where the URL doesn't, and is another part of the key
    /// where the two differ.
    pub(super) fn of_url<'a>(method: &Method, uri: &'a Uri, host: impl Iterator<Item = &'a [u8]>) -> Self {
        let method = method.as_str().as_bytes();
        let scheme = uri.scheme_str().unwrap_or_default().as_bytes();
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).as_bytes();
        let authority = uri.authority().map(|authority| authority.as_str().as_bytes());
        let hosts = host.filter(|host| authority != Some(host));
        // A hit makes one of these: all lengths, and the number of hosts, go in as one piece.
        let mut lengths = [b'u'; 1 + 4 * LENGTH];
        for (at, part) in [method, scheme, path].iter().enumerate() {
            lengths[1 + at * LENGTH..][..LENGTH].copy_from_slice(&length(part.len()));
        }
        let mut key = Self::default();
        key.0.extend_from_slice(&lengths);
        for part in [method, scheme, path].into_iter().filter(|part| !part.is_empty()) {
            key.0.extend_from_slice(part);
        }
        let mut parts = 0;
        for host in authority.into_iter().chain(hosts) {
            key.part(host);
            parts += 1;
        }
        key.0[1 + 3 * LENGTH..][..LENGTH].copy_from_slice(&length(parts));
        key
    }

    /// The key that a function has made.
    pub(super) fn of_custom(method: &Method, custom: &[u8]) -> Self {
        let mut key = Self::default();
        key.0.push(b'c');
        key.part(method.as_str().as_bytes());
        key.part(custom);
        key
    }

    /// The key of one variant of what this is the key of.
    pub(super) fn variant(&self, generation: u64, variant: &[u8]) -> Self {
        let mut key = self.clone();
        key.0.push(b'v');
        key.0.extend_from_slice(&generation.to_le_bytes());
        key.0.extend_from_slice(variant);
        key
    }

    /// Adds a body, and what kind of body it is.
    pub(super) fn body(&mut self, kind: &[u8], body: &[u8]) {
        // What the length of the kind begins with must not be taken for the letter of a variant.
        self.0.push(b'b');
        self.part(kind);
        self.part(body);
    }

    /// Adds a part.
    fn part(&mut self, part: &[u8]) {
        self.0.extend_from_slice(&length(part.len()));
        self.0.extend_from_slice(part);
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn to_key(&self) -> Key {
        Key(Arc::from(&self.0[..]))
    }
}

/// How many bytes a length takes.
const LENGTH: usize = size_of::<u64>();

fn length(of: usize) -> [u8; LENGTH] {
    (of as u64).to_le_bytes()
}

/// The values of `Host`.
pub(super) fn hosts(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(HOST).into_iter().map(http::HeaderValue::as_bytes)
}

/// What a key function makes of a request; see [`StampedeLayer::key`](super::StampedeLayer::key).
///
/// Made of text, bytes, or an option of them; `None` is for requests that are not to be cached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey(Option<Bytes>);

impl RequestKey {
    pub(super) fn as_bytes(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }

    pub(super) fn into_bytes(self) -> Option<Bytes> {
        self.0
    }
}

macro_rules! made_of {
    ($($form:ty),*) => {$(
        impl From<$form> for RequestKey {
            fn from(key: $form) -> Self {
                Self(Some(key.into()))
            }
        }

        impl From<Option<$form>> for RequestKey {
            fn from(key: Option<$form>) -> Self {
                Self(key.map(Into::into))
            }
        }
    )*};
}

made_of!(String, &'static str, Vec<u8>, Bytes);

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &Method, uri: &str, hosts: &[&str]) -> KeyBuf {
        let uri = uri.parse().expect("a URL");
        KeyBuf::of_url(method, &uri, hosts.iter().map(|host| host.as_bytes()))
    }

    #[test]
    fn requests_that_differ_have_different_keys() {
        // H2
        let keys = [
            of(&Method::GET, "/p?a=1", &["a"]),
            of(&Method::GET, "/p?a=2", &["a"]),
            of(&Method::GET, "/p", &["a"]),
            of(&Method::GET, "/P", &["a"]),
            of(&Method::HEAD, "/p", &["a"]),
            of(&Method::GET, "/p", &["b"]),
            of(&Method::GET, "/p", &[]),
            of(&Method::GET, "/p", &["a", "b"]),
            of(&Method::GET, "http://a/p", &["b"]),
            of(&Method::GET, "https://a/p", &[]),
            KeyBuf::of_custom(&Method::GET, b"/p"),
            of(&Method::GET, "/p", &["a"]).variant(1, b"x"),
            of(&Method::GET, "/p", &["a"]).variant(2, b"x"),
            of(&Method::GET, "/p", &["a"]).variant(1, b""),
        ];
        for (at, key) in keys.iter().enumerate() {
            let equal = keys.iter().filter(|other| other.as_slice() == key.as_slice()).count();
            assert_eq!(equal, 1, "key {at}");
        }
    }

    #[test]
    fn a_host_is_known_by_its_name_wherever_it_stands() {
        let url = of(&Method::GET, "http://a/p", &[]);
        assert_eq!(url.as_slice(), of(&Method::GET, "http://a/p", &["a"]).as_slice());
    }

    #[test]
    fn no_body_makes_the_key_of_a_variant() {
        // H2: a client chooses the kind and the body, and so the length of the kind.
        let (url, generation) = (of(&Method::GET, "/p", &["a"]), 1 | 1 << 63);
        let mut kind = vec![b'x'; usize::from(b'v') + (1 << 8)];
        kind[0] = 0x80;
        let mut rest = kind[1..].to_vec();
        rest.extend_from_slice(&length(4));
        rest.extend_from_slice(b"body");
        let mut with_body = url.clone();
        with_body.body(&kind, b"body");
        assert_ne!(with_body.as_slice(), url.variant(generation, &rest).as_slice());
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let mut one = KeyBuf::of_custom(&Method::GET, b"a");
        one.part(b"bc");
        let mut other = KeyBuf::of_custom(&Method::GET, b"ab");
        other.part(b"c");
        assert_ne!(one.as_slice(), other.as_slice());
    }
}
