//! The future of a response.

use super::ResponseBody;
use http::Response;
use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

type Answer<R, E> = Result<Response<ResponseBody<R>>, E>;

/// The future of a response that has passed a [`StampedeService`](super::StampedeService).
///
/// # Cancel safety
///
/// Dropping it while it waits for a response that others may share leaves the service running, and the response is stored. Of
/// a request that passes through, the service's own future is dropped.
pub struct ResponseFuture<R, E>(State<R, E>);

enum State<R, E> {
    Ready(Option<Response<ResponseBody<R>>>),
    Waits(Pin<Box<dyn Future<Output = Answer<R, E>> + Send>>),
}

impl<R, E> ResponseFuture<R, E> {
    pub(super) fn ready(response: Response<ResponseBody<R>>) -> Self {
        Self(State::Ready(Some(response)))
    }

    pub(super) fn waits(future: impl Future<Output = Answer<R, E>> + Send + 'static) -> Self {
        Self(State::Waits(Box::pin(future)))
    }
}

impl<R, E> Future for ResponseFuture<R, E> {
    type Output = Answer<R, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(response) => {
                Poll::Ready(Ok(response.take().expect("a response is not polled after it has come")))
            }
            State::Waits(future) => future.as_mut().poll(cx),
        }
    }
}

// Nothing in it is ever pinned but what is in a box.
impl<R, E> Unpin for ResponseFuture<R, E> {}

impl<R, E> fmt::Debug for ResponseFuture<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.0 {
            State::Ready(_) => "Ready",
            State::Waits(_) => "Waits",
        };
        f.debug_tuple("ResponseFuture").field(&state).finish()
    }
}
