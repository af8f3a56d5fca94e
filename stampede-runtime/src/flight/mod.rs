//! A load in progress and those who wait for it.

pub(crate) mod circle;
mod claims;
#[cfg(feature = "redis")]
pub(crate) mod passage;
mod slots;
pub(crate) mod state;
pub(crate) mod table;

use crate::{
    contain::contain,
    engine::{Engine, Key, Output},
    keyed::Keyed,
    sharing::Kept,
    sync::{Mutex, lock},
};
use circle::{Node, Number};
use state::State;
use std::{
    any::Any,
    fmt,
    sync::{Arc, atomic::AtomicBool},
};

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// The flight of one key.
pub(crate) struct Flight<K, O> {
    pub(crate) key: Keyed<K>,
    pub(crate) number: Number,
    pub(crate) state: State<Landing<O>>,
    /// Its cache: whoever is on board of it needs no other handle.
    pub(crate) engine: Arc<Engine<K, O>>,
    /// Whether there was no entry of its key when it took off. Seldom it is wrong.
    pub(crate) found_none: AtomicBool,
    /// [`Engine::abandon`], which asks for bounds that what is on board need not have.
    abandon: fn(&Arc<Self>),
    #[cfg(feature = "redis")]
    pub(crate) passage: passage::Passage,
}

impl<K: Key, O: Output> Flight<K, O> {
    /// A flight with one caller on board, who drives it.
    pub(crate) fn new(key: Keyed<K>, number: Number, engine: Arc<Engine<K, O>>) -> Self {
        Self {
            key,
            number,
            state: State::new(),
            engine,
            found_none: AtomicBool::new(false),
            abandon: |flight| flight.engine.abandon(flight),
            #[cfg(feature = "redis")]
            passage: passage::Passage::default(),
        }
    }
}

impl<K, O> Flight<K, O> {
    /// The name of its cache.
    pub(crate) fn name(&self) -> &str {
        self.engine.labels.name()
    }

    /// Ends it without an outcome; those who still wait start over.
    pub(crate) fn abandon(self: &Arc<Self>) {
        (self.abandon)(self);
    }
}

impl<K, O> fmt::Debug for Flight<K, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight").field("name", &self.name()).finish_non_exhaustive()
    }
}

impl<K: Send + Sync, O: Send + Sync> Node for Flight<K, O> {
    fn number(&self) -> Number {
        self.number
    }

    fn label(&self) -> String {
        self.engine.labels.call(self.key.key())
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

/// A panic, for many callers: one of them gets the payload, the others its message. Seldom there, so it takes little room in a
/// landing.
pub(crate) struct Panic(Box<Panicked>);

struct Panicked {
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
        Self(Box::new(Panicked { payload: Mutex::new(Some(payload)), message }))
    }

    /// Goes on with the panic in the caller that asks.
    pub(crate) fn resume(&self, name: &str) -> ! {
        // Taken in a statement of its own: the lock must be free when the panic goes on.
        let payload = lock(&self.0.payload).take();
        match payload {
            Some(payload) => std::panic::resume_unwind(payload),
            None => panic!("{name}: the load that this call waited for panicked: {}", self.0.message),
        }
    }
}

impl Drop for Panic {
    fn drop(&mut self) {
        contain(&mut || drop(lock(&self.0.payload).take()));
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Panic").field(&self.0.message).finish()
    }
}
