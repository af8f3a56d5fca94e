//! The loads that run, each until a step ends it.

use crate::{
    hooks::Token,
    schedule::{End, Plan},
    words::{CallId, Caller},
};
use stampede::{LoadTimeout, SharedError};
use std::{
    collections::BTreeMap,
    error::Error,
    fmt,
    future::poll_fn,
    panic::panic_any,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Poll, Waker},
};

/// What the cache is a cache of.
pub(crate) type Output = Result<Option<Token>, Failure>;

/// What loads fail with. It tells of which call the load was: that is compared.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    Of(CallId),
    TimedOut,
    Shared(SharedError),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for Failure {}

impl From<SharedError> for Failure {
    fn from(error: SharedError) -> Self {
        Self::Shared(error)
    }
}

impl From<LoadTimeout> for Failure {
    fn from(_: LoadTimeout) -> Self {
        Self::TimedOut
    }
}

/// What loads panic with.
#[derive(Debug)]
pub(crate) struct Bang(pub(crate) CallId);

/// The loads that run, by the calls whose bodies they are.
#[derive(Debug, Default)]
pub(crate) struct Loads(Mutex<BTreeMap<CallId, Gate>>);

/// How a load is to end, and the task that waits for it.
#[derive(Debug, Default)]
struct Gate {
    end: Option<End>,
    waker: Option<Waker>,
}

impl Loads {
    /// The body of a call.
    pub(crate) async fn run(self: Arc<Self>, caller: Caller) -> Output {
        let running = Running::new(&self, caller.id);
        let end = match caller.plan {
            Plan::Now(end) => end,
            Plan::Later => running.end().await,
        };
        drop(running);
        match end {
            End::Value => Ok(Some(Token(caller.id))),
            End::Nothing => Ok(None),
            End::Error => Err(Failure::Of(caller.id)),
            End::Panic => panic_any(Bang(caller.id)),
            End::TimeOut => unreachable!("no schedule says so"),
        }
    }

    pub(crate) fn running(&self) -> Vec<CallId> {
        self.lock().keys().copied().collect()
    }

    /// Ends a load.
    pub(crate) fn finish(&self, load: CallId, end: End) {
        let waker = self.lock().get_mut(&load).and_then(|gate| {
            gate.end = Some(end);
            gate.waker.take()
        });
        waker.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<CallId, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A load that runs until this is dropped.
struct Running<'a>(&'a Loads, CallId);

impl<'a> Running<'a> {
    fn new(loads: &'a Loads, load: CallId) -> Self {
        let before = loads.lock().insert(load, Gate::default());
        assert!(before.is_none(), "the body of call {load} runs twice");
        Self(loads, load)
    }

    async fn end(&self) -> End {
        poll_fn(|cx| {
            let mut loads = self.0.lock();
            let gate = loads.get_mut(&self.1).expect("it runs");
            match gate.end {
                Some(end) => Poll::Ready(end),
                None => {
                    gate.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}
