//! A body on its way: the load reads it, and the client of the request that caused it reads along.
//!
//! Invariants:
//! - At most `max_body` bytes and one frame are held. What follows is not read here: the reader gets the body itself and goes
//!   on at its own pace.
//! - The reader sees the end only after the load has: complete, broken, or given up.
//! - Who finds nothing leaves its waker under the same lock, and who changes something takes it there: no wake-up is lost.

use crate::sync::{Mutex, MutexGuard, lock};
use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use std::{
    error::Error,
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

/// Why a body ends early.
pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Both ends of a body on its way. `B` is the service's body.
struct Shared<B> {
    chunks: Vec<Bytes>,
    rest: Rest<B>,
    /// The reader that waits for more.
    reader: Option<Waker>,
    /// The load, if it wants to know when the reader has left.
    writer: Option<Waker>,
    reader_left: bool,
}

/// What follows the chunks.
enum Rest<B> {
    /// More, when it comes.
    ToCome,
    /// Nothing but the trailers.
    Complete(Option<HeaderMap>),
    /// The body broke.
    Broken(Option<BoxError>),
    /// What the load has not read.
    Body(Pin<Box<B>>),
    /// The reader has taken it.
    Taken,
}

/// The load's end.
pub(super) struct Writer<B> {
    shared: Arc<Mutex<Shared<B>>>,
    ended: bool,
}

/// The client's end.
pub(super) struct Reader<B> {
    shared: Arc<Mutex<Shared<B>>>,
    at: usize,
    /// Of the body from here on, as the service has announced it.
    left: SizeHint,
    /// What is left of the announced length.
    to_come: Option<u64>,
    /// Taken over from the load.
    rest: Option<Pin<Box<B>>>,
    done: bool,
}

/// Makes both ends; `size` is what the body announces, and `length` what its response does.
pub(super) fn tee<B>(size: SizeHint, length: Option<u64>) -> (Writer<B>, Reader<B>) {
    let shared =
        Shared { chunks: Vec::new(), rest: Rest::ToCome, reader: None, writer: None, reader_left: false };
    let shared = Arc::new(Mutex::new(shared));
    let reader =
        Reader { shared: Arc::clone(&shared), at: 0, left: size, to_come: length, rest: None, done: false };
    (Writer { shared, ended: false }, reader)
}

impl<B> Writer<B> {
    /// Whether the client has gone; else the task is woken when it goes.
    pub(super) fn poll_left(&self, cx: &mut Context<'_>) -> bool {
        let waker = cx.waker().clone();
        let mut shared = lock(&self.shared);
        let left = shared.reader_left;
        // Wakers are dropped and woken after the lock: they are others' code.
        let replaced = if left { None } else { shared.writer.replace(waker) };
        drop(shared);
        drop(replaced);
        left
    }

    pub(super) fn push(&self, chunk: Bytes) {
        let mut shared = lock(&self.shared);
        shared.chunks.push(chunk);
        wake(shared);
    }

    /// Takes copies of all chunks.
    pub(super) fn chunks(&self) -> Vec<Bytes> {
        lock(&self.shared).chunks.clone()
    }

    pub(super) fn complete(mut self, trailers: Option<HeaderMap>) {
        self.end(Rest::Complete(trailers));
    }

    pub(super) fn broken(mut self, error: BoxError) {
        self.end(Rest::Broken(Some(error)));
    }

    /// Leaves the body to the reader. If that has gone, the body is dropped.
    pub(super) fn hand_over(mut self, body: Pin<Box<B>>) {
        self.end(Rest::Body(body));
    }

    fn end(&mut self, rest: Rest<B>) {
        self.ended = true;
        let mut shared = lock(&self.shared);
        if shared.reader_left {
            drop(shared);
            drop(rest);
            return;
        }
        shared.rest = rest;
        wake(shared);
    }
}

impl<B> Drop for Writer<B> {
    fn drop(&mut self) {
        if !self.ended {
            // The load was dropped, or has panicked.
            self.end(Rest::Broken(Some("the body's load was stopped".into())));
        }
    }
}

impl<B> fmt::Debug for Writer<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").finish_non_exhaustive()
    }
}

fn wake<B>(mut shared: MutexGuard<'_, Shared<B>>) {
    let reader = shared.reader.take();
    drop(shared);
    if let Some(reader) = reader {
        reader.wake();
    }
}

impl<B> Reader<B>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.done {
            return Poll::Ready(None);
        }
        if self.rest.is_none() {
            let waker = cx.waker().clone();
            let mut shared = lock(&self.shared);
            let is_read = !matches!(shared.rest, Rest::ToCome);
            if let Some(chunk) = shared.chunks.get_mut(self.at) {
                // Once the load has all that it wants, what has been sent needs no room any more.
                let chunk = if is_read { mem::take(chunk) } else { chunk.clone() };
                self.at += 1;
                drop(shared);
                self.left = less(&self.left, chunk.len());
                self.to_come = self.to_come.map(|to_come| to_come.saturating_sub(chunk.len() as u64));
                return Poll::Ready(Some(Ok(Frame::data(chunk))));
            }
            if !is_read {
                let replaced = shared.reader.replace(waker);
                drop(shared);
                drop(replaced);
                return Poll::Pending;
            }
            let rest = mem::replace(&mut shared.rest, Rest::Taken);
            drop(shared);
            match rest {
                Rest::Body(body) => self.rest = Some(body),
                Rest::Complete(trailers) => {
                    self.done = true;
                    return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
                }
                Rest::Broken(error) => {
                    self.done = true;
                    return Poll::Ready(error.map(Err));
                }
                Rest::ToCome | Rest::Taken => return Poll::Ready(None),
            }
        }
        let Some(body) = &mut self.rest else { return Poll::Ready(None) };
        let frame = std::task::ready!(body.as_mut().poll_frame(cx));
        Poll::Ready(frame.map(|frame| frame.map(whole).map_err(Into::into)))
    }

    /// Whether all that was announced has been read. A client knows that the response is whole then.
    pub(super) fn has_announced(&self) -> bool {
        self.to_come == Some(0)
    }

    pub(super) fn is_end_stream(&self) -> bool {
        match &self.rest {
            Some(body) => body.is_end_stream(),
            None => {
                self.done || {
                    let shared = lock(&self.shared);
                    self.at == shared.chunks.len() && matches!(shared.rest, Rest::Complete(None))
                }
            }
        }
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.rest.as_ref().map_or(self.left, Body::size_hint)
    }
}

impl<B> Drop for Reader<B> {
    fn drop(&mut self) {
        let mut shared = lock(&self.shared);
        shared.reader_left = true;
        let writer = shared.writer.take();
        let rest = match shared.rest {
            Rest::ToCome => None,
            _ => Some(mem::replace(&mut shared.rest, Rest::Taken)),
        };
        drop(shared);
        drop(rest);
        if let Some(writer) = writer {
            writer.wake();
        }
    }
}

impl<B> fmt::Debug for Reader<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("at", &self.at).field("left", &self.left).finish_non_exhaustive()
    }
}

/// A frame whose data is in one piece.
pub(super) fn whole<D: bytes::Buf>(frame: Frame<D>) -> Frame<Bytes> {
    frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))
}

/// What is announced of the rest of a body after some of it.
fn less(size: &SizeHint, read: usize) -> SizeHint {
    let read = read as u64;
    let mut left = SizeHint::new();
    if let Some(upper) = size.upper() {
        left.set_upper(upper.saturating_sub(read));
    }
    left.set_lower(size.lower().saturating_sub(read));
    left
}
