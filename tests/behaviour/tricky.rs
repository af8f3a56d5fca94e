//! Keys whose own code panics, or calls back into the cache that runs it, whatever is being done to the cache (C4).

use stampede::Cache;
use stampede_tests::{soon, until};
use std::{
    any::Any,
    fmt,
    hash::{Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    task::{Context, Waker},
    thread,
    time::Duration,
};
use tokio::sync::Semaphore;

/// When a key plays its trick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Hash,
    Eq,
    Clone,
    Drop,
}

/// What it does, and when: once.
type Trick = Arc<Mutex<Option<(Moment, Box<dyn FnOnce() + Send>)>>>;

/// A key whose hash is that of all others.
struct Tricky(u8, Trick);

impl Tricky {
    fn play(&self, moment: Moment) {
        let trick = {
            let mut trick = self.1.lock().unwrap_or_else(PoisonError::into_inner);
            trick.take_if(|(when, _)| *when == moment)
        };
        if let Some((_, play)) = trick {
            play();
        }
    }
}

impl fmt::Debug for Tricky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Hash for Tricky {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.play(Moment::Hash);
        state.write_u8(0);
    }
}

impl PartialEq for Tricky {
    fn eq(&self, other: &Self) -> bool {
        self.play(Moment::Eq);
        self.0 == other.0
    }
}

impl Eq for Tricky {}

impl Clone for Tricky {
    fn clone(&self) -> Self {
        self.play(Moment::Clone);
        Self(self.0, Arc::clone(&self.1))
    }
}

impl Drop for Tricky {
    fn drop(&mut self) {
        self.play(Moment::Drop);
    }
}

type Tricked = Cache<Tricky, u8>;
type Act = fn(&Tricked, &dyn Fn(u8) -> Tricky);

/// What is done to a cache: 1 and 2 are stored, 3 is in flight.
const ACTS: [(&str, Act); 11] = [
    ("hit", |cache, key| begin(cache, key(1))),
    ("miss", |cache, key| begin(cache, key(4))),
    ("join", |cache, key| begin(cache, key(3))),
    ("refresh", |cache, key| poll(cache.get_fresh(key(2), || async { 2 }))),
    ("peek", |cache, key| _ = cache.peek(&key(2))),
    ("replace", |cache, key| cache.insert(key(1), 1)),
    ("insert", |cache, key| cache.insert(key(5), 5)),
    ("invalidate an entry", |cache, key| _ = cache.invalidate(&key(2))),
    ("cut a flight", |cache, key| _ = cache.invalidate(&key(3))),
    ("clear", |cache, _| cache.clear()),
    ("count", |cache, _| assert!(cache.len() <= 4 && cache.in_flight() <= 3)),
];

fn begin(cache: &Tricked, key: Tricky) {
    let value = key.0;
    poll(cache.get(key, move || async move { value }));
}

/// Polls a call once, and gives it up.
fn poll(call: impl Future) {
    let _ = Box::pin(call).as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

/// Does `act` while a key plays `trick` at `moment`, and checks that the cache is none the worse for it. Returns the panic.
fn play(
    moment: Moment,
    trick: impl FnOnce(&Tricked, &dyn Fn(u8) -> Tricky) + Send + 'static,
    act: Act,
) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let cache: Tricked = Cache::builder().ttl(Duration::from_secs(600)).capacity(4).build();
        let tricks = Trick::default();
        let key = {
            let tricks = Arc::clone(&tricks);
            move |id| Tricky(id, Arc::clone(&tricks))
        };
        cache.insert(key(1), 1);
        cache.insert(key(2), 2);
        let gate = Arc::new(Semaphore::new(0));
        let flight = {
            let (cache, key, gate) = (cache.clone(), key(3), Arc::clone(&gate));
            tokio::spawn(async move {
                cache.get(key, || async move { gate.acquire().await.map_or(0, |_| 3) }).await
            })
        };
        until(|| cache.in_flight() == 1).await;
        {
            let (cache, key) = (cache.clone(), key.clone());
            let trick = Box::new(move || trick(&cache, &key));
            *tricks.lock().expect("no panic") = Some((moment, trick));
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| act(&cache, &key)));
        // A trick that had no chance until now may be played by the landing.
        gate.add_permits(1);
        let landed = soon(flight).await;
        tricks.lock().expect("no panic").take();
        until(|| cache.in_flight() == 0 && cache.stats().in_flight == 0).await;
        for id in [1, 2, 3, 9] {
            assert_eq!(soon(cache.get(key(id), move || async move { id })).await, id, "C1");
        }
        assert!(cache.len() <= 4, "M1");
        let panic = outcome.err().map(|payload| message(&*payload));
        panic.or_else(|| landed.err().map(|error| message(&*error.into_panic())))
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a panic with a message")
}

/// Runs `test` on a thread of its own: what hangs does not hang the suite.
fn in_time<R: Send + 'static>(what: &str, test: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(test()));
    receiver.recv_timeout(Duration::from_secs(20)).unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[test]
fn a_key_that_panics_harms_that_call_only() {
    // C4, M4
    for moment in [Moment::Hash, Moment::Eq, Moment::Clone, Moment::Drop] {
        for (name, act) in ACTS {
            let what = format!("{moment:?} panics, {name}");
            let panic = in_time(&what, move || play(moment, |_, _| panic!("a key that panics"), act));
            assert!(panic.is_none_or(|message| message.ends_with("a key that panics")), "{what}");
        }
    }
}

#[test]
fn a_key_may_call_back_into_its_cache() {
    // C4: no lock is held meanwhile. Under `Eq` there may be one: then such a call panics, and does not hang.
    for moment in [Moment::Hash, Moment::Eq, Moment::Clone, Moment::Drop] {
        for (name, act) in ACTS {
            for (inner, trick) in ACTS {
                let what = format!("{moment:?} calls back: {inner}, {name}");
                let panic = in_time(&what, move || play(moment, move |cache, key| trick(cache, key), act));
                let is_refused = |message: String| moment == Moment::Eq && message.contains("`Eq` of a key");
                assert!(panic.is_none_or(is_refused), "{what}");
            }
        }
    }
}
