//! The end of the time that a load has.

use crate::{
    clock::{self, Ticks},
    store::reaper::{self, Sweep},
    sync::{Mutex, lock},
};
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Weak},
    task::{Context, Waker},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    task::{Unconstrained, unconstrained},
    time::Sleep,
};

/// A moment that a task can wait for.
pub(crate) enum Deadline {
    /// Has passed from the start.
    Passed,
    /// By the timer of the runtime, which tests may pause. Whatever the load has used up of its task's share, the timer is
    /// asked.
    Runtime(Unconstrained<Pin<Box<Sleep>>>),
    /// Without a runtime: by the thread that visits caches.
    Alarm { at: Ticks, alarm: Arc<Alarm> },
}

impl Deadline {
    /// # Panics
    ///
    /// On a runtime whose timer is not enabled.
    pub(crate) fn after(limit: Duration) -> Self {
        if limit.is_zero() {
            return Self::Passed;
        }
        if Handle::try_current().is_ok() {
            return Self::Runtime(unconstrained(Box::pin(tokio::time::sleep(limit))));
        }
        Self::Alarm { at: clock::after(clock::exact(), limit), alarm: Arc::default() }
    }

    /// Whether it has passed; else the task is woken when it has.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        match self {
            Self::Passed => true,
            Self::Runtime(sleep) => Pin::new(sleep).poll(cx).is_ready(),
            Self::Alarm { at, alarm } => {
                if clock::exact() >= *at {
                    return true;
                }
                let waker = cx.waker().clone();
                let replaced = lock(&alarm.0).replace(waker);
                if replaced.is_none() {
                    reaper::schedule(*at, Arc::downgrade(alarm) as Weak<dyn Sweep>);
                }
                false
            }
        }
    }
}

/// Wakes a task when it is visited.
#[derive(Debug, Default)]
pub(crate) struct Alarm(Mutex<Option<Waker>>);

impl Sweep for Alarm {
    fn sweep(&self) -> Option<Ticks> {
        let waker = lock(&self.0).take();
        waker.into_iter().for_each(Waker::wake);
        None
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        reaper::forget(std::ptr::from_ref(self).cast());
    }
}
