//! What loads do, and what they come to.

use crate::field::{Field, Output, Since};
use stampede::{LoadTimeout, SharedError};
use std::{
    error::Error,
    fmt,
    future::pending,
    panic::{self, panic_any},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// How many values there are anywhere.
pub(crate) static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// A value tells whose it is, and the time at which its load started.
#[derive(Debug)]
pub(crate) struct Value {
    pub(crate) key: u64,
    pub(crate) time: u64,
    /// What a leak would be made of.
    _body: Box<[u8]>,
}

impl Value {
    pub(crate) fn new(key: u64, time: u64) -> Self {
        ALIVE.fetch_add(1, SeqCst);
        Self { key, time, _body: vec![0; 512].into() }
    }
}

impl Clone for Value {
    fn clone(&self) -> Self {
        Self::new(self.key, self.time)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, SeqCst);
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Fault {
    Failed,
    TimedOut,
    Shared(SharedError),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed => f.write_str("the load failed"),
            Self::TimedOut => f.write_str("the load took too long"),
            Self::Shared(error) => error.fmt(f),
        }
    }
}

impl Error for Fault {}

impl From<SharedError> for Fault {
    fn from(error: SharedError) -> Self {
        Self::Shared(error)
    }
}

impl From<LoadTimeout> for Fault {
    fn from(_: LoadTimeout) -> Self {
        Self::TimedOut
    }
}

/// How a load ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Value,
    Failure,
    Panic,
    /// Its time has to be limited.
    Never,
}

/// A load to be run.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    pub(crate) field: Arc<Field>,
    pub(crate) since: Since,
    pub(crate) end: End,
    /// How long it takes; zero is ready at once.
    pub(crate) takes: Duration,
}

/// What loads panic with.
#[derive(Debug)]
pub(crate) struct Bang;

impl Load {
    pub(crate) async fn run(self) -> Output {
        let guard = self.field.load_starts(self.since);
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
        if self.end == End::Never {
            pending::<()>().await;
        }
        let time = guard.time();
        drop(guard);
        self.end(time)
    }

    /// The same on a thread that may block; such a load can't be stopped, so it ends.
    pub(crate) fn run_on_a_thread(self) -> Output {
        let guard = self.field.load_starts(self.since);
        thread::sleep(self.takes);
        let time = guard.time();
        drop(guard);
        self.end(time)
    }

    fn end(self, time: u64) -> Output {
        match self.end {
            End::Value => Ok(Value::new(self.since.key, time)),
            End::Failure | End::Never => Err(Fault::Failed),
            End::Panic => panic_any(Bang),
        }
    }
}

/// Loads panic all the time here, and callers with them.
pub(crate) fn silence_expected_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let message = info.payload().downcast_ref::<String>();
        let is_expected = info.payload().is::<Bang>()
            || message.is_some_and(|message| {
                // The second is for calls of a runtime that is being shut down.
                message.contains("the load that this call waited for panicked")
                    || message.ends_with("was shut down before the load ended")
            });
        if !is_expected {
            report(info);
        }
    }));
}
