//! Whether the bodies of requests are part of the key.

use super::tee::BoxError;
use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use std::future::{Future, pending};

/// How bodies of requests are treated; see [`StampedeLayer::key_body`](super::StampedeLayer::key_body).
pub trait Reading<B>: sealed::Sealed + Clone + Send + 'static {
    #[doc(hidden)]
    fn reads(&self, body: &B) -> bool;

    #[doc(hidden)]
    fn read(&self, body: B) -> impl Future<Output = Result<(Bytes, B), BoxError>> + Send + 'static;
}

/// Bodies are not read: requests with one pass through.
#[derive(Clone, Copy, Debug)]
pub struct Unread(pub(super) ());

/// Bodies up to a limit are part of the key.
#[derive(Clone, Copy, Debug)]
pub struct ReadUpTo(pub(super) usize);

impl<B: Send + 'static> Reading<B> for Unread {
    fn reads(&self, _: &B) -> bool {
        false
    }

    fn read(&self, _: B) -> impl Future<Output = Result<(Bytes, B), BoxError>> + Send + 'static {
        pending()
    }
}

impl<B> Reading<B> for ReadUpTo
where
    B: Body + From<Bytes> + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    fn reads(&self, body: &B) -> bool {
        body.size_hint().upper().is_some_and(|most| most <= self.0 as u64)
    }

    fn read(&self, body: B) -> impl Future<Output = Result<(Bytes, B), BoxError>> + Send + 'static {
        let limit = self.0;
        async move {
            let bytes = Limited::new(body, limit).collect().await?.to_bytes();
            Ok((bytes.clone(), B::from(bytes)))
        }
    }
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Unread {}
    impl Sealed for super::ReadUpTo {}
}
