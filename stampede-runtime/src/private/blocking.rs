//! Calls of functions that are not `async`: who leads runs the body on its own thread, who waits parks it.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

/// A body that is run by its first poll.
pub(super) struct Body<F>(pub(super) Option<F>);

// The function is never pinned.
impl<F> Unpin for Body<F> {}

impl<O, F: FnOnce() -> O> Future for Body<F> {
    type Output = O;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<O> {
        match self.0.take() {
            Some(body) => Poll::Ready(body()),
            None => Poll::Pending,
        }
    }
}

/// Wakes a thread that waits.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// Parks the thread until a call is done.
pub(crate) fn wait<F: Future>(call: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut call = pin!(call);
    loop {
        match call.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            // Others may unpark the thread as well: then the call is polled once more than needed.
            Poll::Pending => thread::park(),
        }
    }
}
