//! What the tasks do, each of them one thing after another.
//!
//! What stands on the cache takes part by an [`Actor`] of its own: clients of a server, processes that share a tier.

use stampede_tests::field::{Counted, Dice, End, Field, InPlace, KEYS, Load, Since, Takes};
use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::{JoinSet, yield_now},
    time::timeout,
};

/// Does something to a cache, for a few milliseconds.
pub(crate) trait Actor: Send + Sync {
    /// How often it is its turn, beside the others.
    fn weight(&self) -> u64;

    /// Its turn. Whatever it starts is over when this ends, or goes away with the runtime.
    fn act<'a>(&'a self, field: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a>;

    /// What it has seen that must not be.
    fn violation(&self) -> Option<String> {
        None
    }

    /// What is left of its turns that has to end before all is at rest.
    fn unfinished(&self) -> Option<String> {
        None
    }

    /// What must not be when all is at rest.
    fn violation_at_rest(&self) -> Option<String> {
        None
    }

    /// Its part of a line of progress.
    fn report(&self) -> String {
        String::new()
    }
}

pub(crate) type Turn<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Who takes part.
pub(crate) fn actors() -> Vec<Box<dyn Actor>> {
    vec![
        #[cfg(feature = "http")]
        Box::new(crate::clients::Clients::new()),
        Box::new(Caller),
        Box::new(Refresher),
        Box::new(Driver),
        Box::new(Impatient),
        Box::new(Aborter),
        Box::new(Crowd),
        Box::new(Writer),
        Box::new(Cleaner),
    ]
}

/// Calls, and waits for the answer.
struct Caller;

impl Actor for Caller {
    fn weight(&self) -> u64 {
        40
    }

    fn act<'a>(&'a self, field: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        let call = call(Arc::clone(field), dice.zipf(KEYS), load_of(dice), How::Detached);
        Box::pin(unharmed(call))
    }
}

/// Takes no stored value.
struct Refresher;

impl Actor for Refresher {
    fn weight(&self) -> u64 {
        5
    }

    fn act<'a>(&'a self, field: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        let call = call(Arc::clone(field), dice.zipf(KEYS), load_of(dice), How::Fresh);
        Box::pin(unharmed(call))
    }
}

/// Runs the load in its own task.
struct Driver;

impl Actor for Driver {
    fn weight(&self) -> u64 {
        20
    }

    fn act<'a>(&'a self, field: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        let call = call(Arc::clone(field), dice.zipf(KEYS), load_of(dice), How::InPlace);
        Box::pin(unharmed(call))
    }
}

/// Gives up after a while, or at once.
struct Impatient;

impl Actor for Impatient {
    fn weight(&self) -> u64 {
        20
    }

    fn act<'a>(&'a self, field: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        let how = if dice.below(2) == 0 { How::Detached } else { How::InPlace };
        let call = call(Arc::clone(field), dice.zipf(KEYS / 20), load_of(dice), how);
        let patience = Duration::from_micros(dice.below(4_000));
        Box::pin(async move {
            let _ = timeout(patience, unharmed(call)).await;
        })
    }
}

/// Has calls in tasks of their own, and aborts them.
struct Aborter;

impl Actor for Aborter {
    fn weight(&self) -> u64 {
        5
    }

    fn act<'a>(&'a self, field: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        let mut tasks = crowd(field, dice, 8);
        let turns = dice.below(4);
        Box::pin(async move {
            for _ in 0..turns {
                yield_now().await;
            }
            tasks.shutdown().await;
        })
    }
}

/// Has many calls of one key at once.
struct Crowd;

impl Actor for Crowd {
    fn weight(&self) -> u64 {
        3
    }

    fn act<'a>(&'a self, field: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        let mut tasks = crowd(field, dice, 50);
        Box::pin(async move { while tasks.join_next().await.is_some() {} })
    }
}

/// Invalidates, or puts a value in by hand.
struct Writer;

impl Actor for Writer {
    fn weight(&self) -> u64 {
        20
    }

    fn act<'a>(&'a self, field: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        let key = dice.zipf(KEYS);
        if dice.below(3) == 0 {
            field.insert(key);
        } else {
            field.invalidate(key);
        }
        Box::pin(yield_now())
    }
}

/// Clears the cache.
struct Cleaner;

impl Actor for Cleaner {
    fn weight(&self) -> u64 {
        1
    }

    fn act<'a>(&'a self, field: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        // Seldom, so that caches fill up in between.
        if dice.below(20) == 0 {
            field.clear();
        }
        Box::pin(yield_now())
    }
}

/// How a call goes about its load.
#[derive(Clone, Copy, Debug)]
enum How {
    Detached,
    Fresh,
    InPlace,
}

/// A call on a thread without a runtime, which runs its load by itself.
pub(crate) fn act_on_a_thread(field: &Arc<Field>, dice: &mut Dice) {
    let counted = Counted::new(&field.calls);
    let since = field.since(dice.zipf(KEYS));
    let load = load_of(dice)(field, since);
    let in_place = InPlace(Arc::clone(field));
    if let Ok(Ok(value)) = catch_unwind(AssertUnwindSafe(|| in_place.get_on_a_thread(since.key, load))) {
        field.check(since, &value);
    }
    drop(counted);
}

fn crowd(field: &Arc<Field>, dice: &mut Dice, size: u64) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let key = dice.zipf(KEYS);
    for number in 0..size {
        let how = if number % 3 == 0 { How::InPlace } else { How::Detached };
        tasks.spawn(call(Arc::clone(field), key, load_of(dice), how));
    }
    tasks
}

async fn call(field: Arc<Field>, key: u64, load: impl FnOnce(&Arc<Field>, Since) -> Load, how: How) {
    let _counted = Counted::new(&field.calls);
    let since = field.since(key);
    let load = load(&field, since);
    let output = match how {
        How::Detached => field.cache.try_get(key, || load.run()).await,
        How::Fresh => field.cache.try_get_fresh(key, || load.run()).await,
        How::InPlace => InPlace(Arc::clone(&field)).get(key, load).await,
    };
    if let Ok(value) = output {
        field.check(since, &value);
    }
}

/// A load as they come.
fn load_of(dice: &mut Dice) -> impl FnOnce(&Arc<Field>, Since) -> Load + Send + use<> {
    let end = match dice.below(100) {
        0..70 => End::Value,
        70..90 => End::Failure,
        90..97 => End::Panic,
        _ => End::Never,
    };
    let takes = match dice.below(10) {
        0..4 => Takes::Nothing,
        4..9 => Takes::Time(Duration::from_micros(dice.below(3_000))),
        _ => Takes::Time(Duration::from_millis(dice.below(60))),
    };
    move |field, since| Load { field: Arc::clone(field), since, end, takes }
}

/// Ends a panic of `call` here.
pub(crate) async fn unharmed(call: impl Future<Output = ()> + Send) {
    let mut call = Box::pin(call);
    let polled = std::future::poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)));
        polled.unwrap_or(std::task::Poll::Ready(()))
    });
    polled.await;
}
