//! What loads do in a field, and what they come to.

use super::{Field, Output, Since};
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
pub static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// A value tells whose it is, and the time at which its load started.
#[derive(Debug)]
pub struct Value {
    /// Whose it is.
    pub key: u64,
    /// The time of the field at which its load started.
    pub time: u64,
    /// What a leak would be made of.
    _body: Box<[u8]>,
}

impl Value {
    /// Makes one.
    #[must_use]
    pub fn new(key: u64, time: u64) -> Self {
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

#[cfg(feature = "redis")]
impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde::Serialize::serialize(&(self.key, self.time), serializer)
    }
}

#[cfg(feature = "redis")]
impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (key, time) = serde::Deserialize::deserialize(deserializer)?;
        Ok(Self::new(key, time))
    }
}

/// What loads fail with. Nobody minds whose load it was: that is the model's business.
#[derive(Clone, Debug)]
pub enum Fault {
    /// By itself.
    Failed,
    /// Its time was over.
    TimedOut,
    /// One of these, which several callers have.
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
pub enum End {
    /// In a value.
    Value,
    /// In [`Fault::Failed`].
    Failure,
    /// In a panic with [`Bang`].
    Panic,
    /// Its time has to be limited.
    Never,
}

/// How long a load takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// It is ready at once.
    Nothing,
    /// So many others have their turn meanwhile.
    Turns(u64),
    /// So long.
    Time(Duration),
}

/// A load to be run.
#[derive(Clone, Debug)]
pub struct Load {
    /// Where it runs.
    pub field: Arc<Field>,
    /// What its call knew.
    pub since: Since,
    /// How it ends.
    pub end: End,
    /// How long it takes.
    pub takes: Takes,
}

/// What loads panic with.
#[derive(Debug)]
pub struct Bang;

impl Load {
    /// Runs it.
    ///
    /// # Errors
    ///
    /// As its end says.
    ///
    /// # Panics
    ///
    /// As its end says.
    pub async fn run(self) -> Output {
        let guard = self.field.load_starts(self.since);
        match self.takes {
            Takes::Nothing => {}
            Takes::Turns(turns) => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            }
            Takes::Time(time) => tokio::time::sleep(time).await,
        }
        if self.end == End::Never {
            pending::<()>().await;
        }
        let time = guard.time();
        drop(guard);
        self.end(time)
    }

    /// The same on a thread that may block; such a load can't be stopped, so it ends.
    ///
    /// # Errors
    ///
    /// As its end says.
    ///
    /// # Panics
    ///
    /// As its end says.
    pub fn run_on_a_thread(self) -> Output {
        let guard = self.field.load_starts(self.since);
        match self.takes {
            Takes::Nothing => {}
            Takes::Turns(turns) => (0..turns).for_each(|_| thread::yield_now()),
            Takes::Time(time) => thread::sleep(time),
        }
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
pub fn silence_expected_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let message = info.payload().downcast_ref::<String>();
        let is_expected = info.payload().is::<Bang>()
            || message.is_some_and(|message| {
                // The others are for calls of a runtime that is being shut down.
                message.contains("the load that this call waited for panicked")
                    || message.ends_with("was shut down before the load ended")
                    || message.starts_with("the runtime that ran this request was shut down")
            });
        if !is_expected {
            report(info);
        }
    }));
}
