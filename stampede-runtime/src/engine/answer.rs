//! What a call waits for that was no hit: its flight, or nothing, because it is served what is stale.

use crate::{
    engine::{Key, Miss, Now, Output, body::Body, call::Call, load},
    served::Served,
    stats::Event,
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

/// The future of a call that was no hit. `F` makes the load's body `P`, at most once.
///
/// # Cancel safety
///
/// As of [`Call`]. A refresh that it has started goes on.
pub(crate) enum Answer<K: Key, O: Output, F, P> {
    /// It is on board of a flight. In a box, because the future of a call has room for this whether it is a hit or not, and is
    /// moved as a whole to where it is awaited.
    Waits(Box<Call<K, O, F, P>>),
    /// It is served at once.
    Given(Option<Now<O>>),
}

impl<K, O, F, P> Answer<K, O, F, P>
where
    K: Key,
    O: Output,
    F: FnOnce() -> P,
    P: Future<Output = O> + Unpin,
{
    /// Starts the refresh that the call has to start, if there is one; all else is for `poll` to do.
    ///
    /// # Panics
    ///
    /// If what makes the body of a refresh panics: it clones arguments.
    pub(crate) fn new(miss: Miss<K, O>, start: F, detach: Option<fn(P) -> load::BoxFuture<O>>) -> Self {
        match miss {
            Miss::Aboard(boarding) => Self::Waits(Box::new(Call::new(boarding, false, start, detach))),
            Miss::Insists(boarding) => Self::Waits(Box::new(Call::new(boarding, true, start, detach))),
            Miss::Answered { output, served, refresh: None } => Self::Given(Some((output, served))),
            Miss::Answered { output, served, refresh: Some(boarding) } => match detach {
                Some(detach) => {
                    let engine = boarding.engine();
                    engine.count_served(served);
                    engine.counters.count(Event::Refresh);
                    let (ahead, limit) = (engine.ahead(&boarding.flight, false), engine.policy.time_limit());
                    load::spawn(boarding, Body::new(ahead, detach(start()), limit));
                    Self::Given(Some((output, served)))
                }
                // Nobody but the call could run the refresh: it waits for it, as without a runtime.
                None => {
                    boarding.engine().counters.count(Event::Lead);
                    Self::Waits(Box::new(Call::new(boarding, false, start, None)))
                }
            },
        }
    }
}

impl<K, O, F, P> Future for Answer<K, O, F, P>
where
    K: Key,
    O: Output,
    F: FnOnce() -> P,
    P: Future<Output = O> + Unpin,
{
    type Output = (O, Served);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<(O, Served)> {
        match &mut *self {
            Self::Waits(call) => Pin::new(call).poll(cx),
            Self::Given(now) => Poll::Ready(now.take().expect("a call is not polled after it has returned")),
        }
    }
}

// No field is ever pinned: bodies are `Unpin`.
impl<K: Key, O: Output, F, P> Unpin for Answer<K, O, F, P> {}

impl<K: Key, O: Output, F, P> fmt::Debug for Answer<K, O, F, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waits(call) => call.fmt(f),
            Self::Given(_) => f.write_str("Given"),
        }
    }
}

/// The same without telling how the call came by its output.
#[derive(Debug)]
pub(crate) struct Plain<A>(pub(crate) A);

impl<O, A: Future<Output = Now<O>> + Unpin> Future for Plain<A> {
    type Output = O;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<O> {
        Pin::new(&mut self.0).poll(cx).map(|(output, _)| output)
    }
}
