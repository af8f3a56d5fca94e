//! A load in progress and those who wait for it.

pub(crate) mod circle;
#[cfg(feature = "redis")]
pub(crate) mod passage;
pub(crate) mod state;
pub(crate) mod table;

use crate::{
    contain::contain,
    keyed::Keyed,
    labels::Labels,
    sharing::Kept,
    sync::{Mutex, lock},
};
use circle::Node;
use state::State;
use std::{any::Any, fmt};

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// The flight of one key.
#[derive(Debug)]
pub(crate) struct Flight<K, O> {
    pub(crate) key: Keyed<K>,
    pub(crate) state: State<Landing<O>>,
    labels: Labels<K>,
    #[cfg(feature = "redis")]
    pub(crate) passage: passage::Passage,
}

impl<K, O> Flight<K, O> {
    /// A flight with one caller on board, who drives it.
    pub(crate) fn new(key: Keyed<K>, labels: Labels<K>) -> Self {
        Self {
            key,
            state: State::new(),
            labels,
            #[cfg(feature = "redis")]
            passage: passage::Passage::default(),
        }
    }

    /// The name of its cache.
    pub(crate) fn name(&self) -> &str {
        self.labels.name()
    }
}

impl<K: Send + Sync, O: Send + Sync> Node for Flight<K, O> {
    fn label(&self) -> String {
        self.labels.call(self.key.key())
    }
}

/// Every way a flight ends.
#[derive(Debug)]
pub(crate) enum Landing<O> {
    /// The load ended with one caller on board: the output itself, for that caller.
    Sole(Mutex<Option<Kept<O>>>),
    /// The load ended: copies for all.
    Shared(Kept<O>),
    /// The load panicked.
    Panicked(Panic),
    /// Nobody runs the load any more: those who still wait start over.
    Abandoned,
}

impl<O> Landing<O> {
    /// For the one caller on board.
    pub(crate) fn sole(kept: Kept<O>) -> Self {
        Self::Sole(Mutex::new(Some(kept)))
    }
}

/// A panic, for many callers: one of them gets the payload, the others its message.
pub(crate) struct Panic {
    payload: Mutex<Option<Payload>>,
    message: String,
}

impl Panic {
    pub(crate) fn new(payload: Payload) -> Self {
        let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
            (Some(message), _) => (*message).to_owned(),
            (None, Some(message)) => message.clone(),
            (None, None) => "a payload that is no string".to_owned(),
        };
        Self { payload: Mutex::new(Some(payload)), message }
    }

    /// Goes on with the panic in the caller that asks.
    pub(crate) fn resume(&self, name: &str) -> ! {
        // Taken in a statement of its own: the lock must be free when the panic goes on.
        let payload = lock(&self.payload).take();
        match payload {
            Some(payload) => std::panic::resume_unwind(payload),
            None => panic!("{name}: the load that this call waited for panicked: {}", self.message),
        }
    }
}

impl Drop for Panic {
    fn drop(&mut self) {
        contain(|| drop(lock(&self.payload).take()));
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.message).finish()
    }
}
