//! A thread that waits for a future, without a runtime.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

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

/// Parks the thread until a future is done.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    let (mut future, mut output) = (pin!(future), None);
    wait_until(&mut |cx| match future.as_mut().poll(cx) {
        Poll::Ready(ready) => {
            output = Some(ready);
            true
        }
        Poll::Pending => false,
    });
    output.expect("a future that is done has an output")
}

/// The same, for what does not know the future: it is compiled once.
fn wait_until(is_done: &mut dyn FnMut(&mut Context<'_>) -> bool) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    while !is_done(&mut cx) {
        // Others may unpark the thread as well: then the future is polled once more than needed.
        thread::park();
    }
}
