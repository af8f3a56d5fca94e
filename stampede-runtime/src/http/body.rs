//! The body of a response that has passed the layer.

use super::tee::{BoxError, Reader, whole};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

pin_project! {
    /// The body of a response that has passed a [`StampedeService`](super::StampedeService): a stored one, one that is stored
    /// while it is sent, or the service's own, `B`.
    ///
    /// Its error is the service's, boxed, or says that the load of the body was stopped.
    pub struct ResponseBody<B> {
        #[pin]
        form: Form<B>,
    }
}

pin_project! {
    #[project = FormProjection]
    enum Form<B> {
        // What few responses have is in boxes: there it takes no room in all the others, which are moved on their way.
        Stored { body: Option<Bytes>, trailers: Option<Box<HeaderMap>> },
        Sent { sending: Box<Sending<B>> },
        Inner { #[pin] body: B },
    }
}

impl<B> Default for ResponseBody<B> {
    /// Makes an empty one.
    fn default() -> Self {
        Self::empty()
    }
}

/// The end of the flight of a response.
type Landing = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A body that is stored while it is sent.
struct Sending<B> {
    reader: Reader<B>,
    /// Held back until the flight has landed.
    last: Option<Frame<Bytes>>,
    landing: Option<Landing>,
}

impl<B> Sending<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.last.is_none() {
            match ready!(self.reader.poll_frame(cx)) {
                Some(Ok(frame)) if self.reader.has_announced() => self.last = Some(frame),
                Some(frame) => return Poll::Ready(Some(frame)),
                None => {}
            }
        }
        ready!(poll_landing(&mut self.landing, cx));
        Poll::Ready(self.last.take().map(Ok))
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn empty() -> Self {
        Self::stored(Bytes::new(), None)
    }

    pub(super) fn stored(body: Bytes, trailers: Option<HeaderMap>) -> Self {
        Self {
            form: Form::Stored {
                body: Some(body).filter(|body| !body.is_empty()),
                trailers: trailers.map(Box::new),
            },
        }
    }

    pub(super) fn sent(reader: Reader<B>) -> Self {
        Self { form: Form::Sent { sending: Box::new(Sending { reader, last: None, landing: None }) } }
    }

    /// Holds the last of a body back until the response is stored: whoever has it and asks again is served from the cache.
    ///
    /// Gives `landing` back if there is nothing to hold back: the load has ended then.
    pub(super) fn end_with<F>(&mut self, landing: F) -> Option<F>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match &mut self.form {
            Form::Sent { sending } => {
                sending.landing = Some(Box::pin(landing));
                None
            }
            Form::Stored { .. } | Form::Inner { .. } => Some(landing),
        }
    }

    pub(super) fn inner(body: B) -> Self {
        Self { form: Form::Inner { body } }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.project().form.project() {
            FormProjection::Stored { body, trailers } => {
                let data = body.take().map(Frame::data);
                Poll::Ready(
                    data.or_else(|| trailers.take().map(|trailers| Frame::trailers(*trailers))).map(Ok),
                )
            }
            FormProjection::Sent { sending } => sending.poll_frame(cx),
            FormProjection::Inner { body } => {
                body.poll_frame(cx).map(|frame| frame.map(|frame| frame.map(whole).map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.form {
            Form::Stored { body, trailers } => body.is_none() && trailers.is_none(),
            Form::Sent { sending } => {
                sending.last.is_none() && sending.landing.is_none() && sending.reader.is_end_stream()
            }
            Form::Inner { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.form {
            Form::Stored { body, .. } => SizeHint::with_exact(body.as_ref().map_or(0, Bytes::len) as u64),
            Form::Sent { sending } => sending.reader.size_hint(),
            Form::Inner { body } => body.size_hint(),
        }
    }
}

fn poll_landing(landing: &mut Option<Landing>, cx: &mut Context<'_>) -> Poll<()> {
    if let Some(future) = landing {
        // A panic of the flight is for those who wait for its response.
        let landed = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        if let Ok(Poll::Pending) = landed {
            return Poll::Pending;
        }
        *landing = None;
    }
    Poll::Ready(())
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match &self.form {
            Form::Stored { .. } => "Stored",
            Form::Sent { .. } => "Sent",
            Form::Inner { .. } => "Inner",
        };
        f.debug_tuple("ResponseBody").field(&form).finish()
    }
}
