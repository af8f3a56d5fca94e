//! Reads the body of a response that may be shared: into memory, and before the eyes of the client that caused it.

use super::tee::{BoxError, Writer, whole};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame};
use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::Duration,
};

/// For how long those who wait do so for a body that has begun. Then they run their own requests: it may be one that never
/// ends.
const PATIENCE: Duration = Duration::from_secs(2);

/// How a body ended.
#[derive(Debug)]
pub(super) enum Pumped {
    /// In a memory of its own, in one piece.
    Whole(Bytes, Option<HeaderMap>),
    /// It is more than is kept; the client reads the rest.
    TooLong,
    /// In an error, short of the announced length, or with nobody left who wants it.
    Broken,
}

/// The load's end of a body.
pub(super) struct Pump<B> {
    /// `None` once it has ended.
    source: Option<(Pin<Box<B>>, Writer<B>)>,
    read: usize,
    most: usize,
    expected: Expected,
}

/// What the head says of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    /// Its length.
    pub(super) length: Option<u64>,
    /// Something comes after it.
    pub(super) trailers: bool,
}

impl<B> Pump<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    /// For a body of which at most `most` bytes are kept.
    pub(super) fn new(body: B, writer: Writer<B>, most: usize, expected: Expected) -> Self {
        Self { source: Some((Box::pin(body), writer)), read: 0, most, expected }
    }

    /// Reads what is there without waiting.
    pub(super) async fn at_once(&mut self) -> Option<Pumped> {
        poll_fn(|cx| {
            Poll::Ready(match self.poll(cx) {
                Poll::Ready(pumped) => Some(pumped),
                Poll::Pending => None,
            })
        })
        .await
    }

    /// Reads to the end, unless that takes too long for those who wait.
    pub(super) async fn for_a_while(&mut self) -> Option<Pumped> {
        let mut patience = pin!(tokio::time::sleep(PATIENCE));
        poll_fn(|cx| match self.poll(cx) {
            Poll::Ready(pumped) => Poll::Ready(Some(pumped)),
            Poll::Pending => patience.as_mut().poll(cx).map(|()| None),
        })
        .await
    }

    /// Reads to the end, as long as the client does.
    pub(super) async fn with_the_client(&mut self) -> Pumped {
        poll_fn(|cx| {
            if self.source.as_ref().is_none_or(|(_, writer)| writer.poll_left(cx)) {
                self.source = None;
                return Poll::Ready(Pumped::Broken);
            }
            self.poll(cx)
        })
        .await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Pumped> {
        loop {
            let Some((body, _)) = &mut self.source else { return Poll::Ready(Pumped::Broken) };
            // A panic in the body breaks it: that is no reason for those who wait to panic too.
            let polled = catch_unwind(AssertUnwindSafe(|| body.as_mut().poll_frame(cx)));
            let polled = polled.unwrap_or_else(|_| {
                self.break_off("the body has panicked".into());
                Poll::Ready(None)
            });
            let frame = match polled {
                Poll::Ready(frame) => frame,
                Poll::Pending if self.has_all() => return Poll::Ready(self.end(None)),
                Poll::Pending => return Poll::Pending,
            };
            match frame {
                Some(Ok(frame)) => {
                    if let Some(pumped) = self.take(whole(frame)) {
                        return Poll::Ready(pumped);
                    }
                }
                Some(Err(error)) => {
                    self.break_off(error.into());
                    return Poll::Ready(Pumped::Broken);
                }
                None => return Poll::Ready(self.end(None)),
            }
        }
    }

    /// Whether a client takes the body for whole. Servers don't wait for its end then, and the connection that it comes from may
    /// be in no hurry to tell it.
    fn has_all(&self) -> bool {
        !self.expected.trailers && self.expected.length == Some(self.read as u64)
    }

    fn take(&mut self, frame: Frame<Bytes>) -> Option<Pumped> {
        let (_, writer) = self.source.as_ref()?;
        let data = match frame.into_data() {
            Ok(data) => data,
            // Nothing comes after trailers.
            Err(other) => return Some(self.end(other.into_trailers().ok())),
        };
        self.read += data.len();
        writer.push(data);
        if self.read <= self.most {
            return None;
        }
        let (body, writer) = self.source.take()?;
        writer.hand_over(body);
        Some(Pumped::TooLong)
    }

    fn end(&mut self, trailers: Option<HeaderMap>) -> Pumped {
        let Some((_, writer)) = self.source.take() else { return Pumped::Broken };
        let is_whole = self.expected.length.is_none_or(|length| length == self.read as u64);
        // A copy, because chunks may be small parts of large buffers.
        let mut body = BytesMut::with_capacity(if is_whole { self.read } else { 0 });
        if is_whole {
            writer.chunks().iter().for_each(|chunk| body.extend_from_slice(chunk));
        }
        // What ends short is for the server to notice, as without the layer.
        writer.complete(trailers.clone());
        if is_whole { Pumped::Whole(body.freeze(), trailers) } else { Pumped::Broken }
    }

    fn break_off(&mut self, error: BoxError) {
        if let Some((_, writer)) = self.source.take() {
            writer.broken(error);
        }
    }
}
