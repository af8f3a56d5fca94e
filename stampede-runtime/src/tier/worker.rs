//! The threads that tiers work on.
//!
//! A connection's driver dies with the runtime that it was made on, and calls come from runtimes that come and go, or from none. So
//! tiers run on runtimes of their own: commands on one thread, subscriptions on another, where what a message does to a cache
//! (users' destructors and listeners run) keeps no command waiting.

use super::TierError;
use std::{
    future::{Future, pending},
    pin::Pin,
    sync::{OnceLock, mpsc},
    task::{Context, Poll},
    thread,
};
use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
};

/// Where commands run.
pub(super) fn commands() -> &'static Handle {
    static COMMANDS: OnceLock<Handle> = OnceLock::new();
    COMMANDS.get_or_init(|| start("stampede-tier"))
}

/// Where subscriptions run.
pub(super) fn subscriptions() -> &'static Handle {
    static SUBSCRIPTIONS: OnceLock<Handle> = OnceLock::new();
    SUBSCRIPTIONS.get_or_init(|| start("stampede-watch"))
}

/// Starts a command at once. Its result can be awaited on any thread; if nobody does, it is dropped.
pub(super) fn run<T: Send + 'static>(
    command: impl Future<Output = Result<T, TierError>> + Send + 'static,
) -> Answer<T> {
    let (sender, receiver) = oneshot::channel();
    commands().spawn(async move {
        // What nobody waits for any more is dropped here, with what it holds.
        drop(sender.send(command.await));
    });
    Answer(receiver)
}

/// The result of a command.
#[derive(Debug)]
pub(super) struct Answer<T>(oneshot::Receiver<Result<T, TierError>>);

impl<T> Future for Answer<T> {
    type Output = Result<T, TierError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // A command that panicked has no result; its panic has been reported.
        Pin::new(&mut self.0)
            .poll(cx)
            .map(|result| result.unwrap_or_else(|_| Err(TierError::refused("the command has panicked"))))
    }
}

fn start(name: &str) -> Handle {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let runtime = Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("the system has room for a runtime");
            let _ = sender.send(runtime.handle().clone());
            runtime.block_on(pending::<()>());
        })
        .expect("the system has room for a thread");
    receiver.recv().expect("the thread has started")
}
