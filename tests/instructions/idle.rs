//! A tier that does nothing: hits are local, and what they cost is to be counted alone.

use stampede::tier::{
    Change, Claim, Looked, Notice, Tier, TierError, TierFuture, TierKey, Timing, Value, Watcher,
};
use std::{
    future::{Future, pending, ready},
    pin::Pin,
    sync::Weak,
    time::Duration,
};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Idle;

fn no<T: Send + 'static>() -> TierFuture<T> {
    Box::pin(ready(Err(TierError::unavailable("it does nothing"))))
}

impl Tier for Idle {
    fn timing(&self) -> Timing {
        Timing::default()
    }

    fn look(&self, _: &TierKey, _: Option<Claim>) -> TierFuture<Looked> {
        no()
    }

    fn publish(&self, _: &TierKey, _: &str, _: &str, _: Option<Value>) -> TierFuture<bool> {
        no()
    }

    fn renew(&self, _: &TierKey, _: &str, _: Duration) -> TierFuture<bool> {
        no()
    }

    fn release(&self, _: &TierKey, _: &str, _: Notice) -> TierFuture<()> {
        no()
    }

    fn change(&self, _: &str, _: &str, _: Change) -> TierFuture<()> {
        // Or it would be tried again and again.
        Box::pin(ready(Ok(())))
    }

    fn wait(&self, _: &TierKey) -> Pin<Box<dyn Future<Output = Notice> + Send>> {
        Box::pin(pending())
    }

    fn watch(&self, _: &str, _: Weak<dyn Watcher>) {}
}
