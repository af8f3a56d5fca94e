//! Caches under test, and what is known of their keys from outside, whatever happens at the same time.
//!
//! Time is one counter here: it goes on with every cut. A load notes the time at its start, so an output tells which cuts it
//! has seen; and a call notes, at its start, the last cut of its key that was over. It must not get anything older (I1, I2).

mod dice;
mod load;

pub use dice::Dice;
pub use load::{ALIVE, Bang, End, Fault, Load, Takes, Value, silence_expected_panics};

use stampede::{Cache, stampede};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering::SeqCst},
};

/// A cache under test.
pub type Cached = Cache<u64, Value, Fault>;
/// What its loads come to.
pub type Output = Result<Value, Fault>;

/// Keys are drawn from so many.
pub const KEYS: u64 = 2_000;

/// One cache, and what is known of it.
#[derive(Debug)]
pub struct Field {
    /// What it is called in a violation.
    pub name: &'static str,
    /// The most entries of the cache.
    pub capacity: u64,
    /// The cache.
    pub cache: Cached,
    keys: Vec<KeyFacts>,
    /// Shared by caches that share their values.
    time: Arc<AtomicU64>,
    /// Whether another cache has the same values: what happens there cuts flights here, and nobody is told of it.
    shares: bool,
    /// Whether another cache puts values in by hand that this one is served, whenever they come.
    follows: bool,
    /// Cuts of all keys, by `clear`: those that have begun, and the time of the last that was over.
    clears: Cuts,
    /// `clear` may not overtake what is put in by hand.
    clearing: RwLock<()>,
    /// All calls.
    pub calls: Calls,
    loads: AtomicU64,
    /// What was seen that must not be.
    pub violations: Mutex<Vec<String>>,
}

/// Calls that were made, and that have ended or gone away.
#[derive(Debug, Default)]
pub struct Calls {
    /// Those that were made.
    pub begun: AtomicU64,
    /// Those of them that have ended.
    pub over: AtomicU64,
}

/// One of them, as long as it lives.
#[derive(Debug)]
pub struct Counted<'a>(&'a Calls);

impl<'a> Counted<'a> {
    /// Begins one.
    pub fn new(calls: &'a Calls) -> Self {
        calls.begun.fetch_add(1, SeqCst);
        Self(calls)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.over.fetch_add(1, SeqCst);
    }
}

#[derive(Debug, Default)]
struct KeyFacts {
    cuts: Cuts,
    /// One at a time puts in by hand or cuts.
    writing: Mutex<()>,
    running: Mutex<Vec<Running>>,
}

/// A load that runs, and the cuts that were over when its call was made: of the key and of all.
#[derive(Debug)]
struct Running {
    number: u64,
    over: (u64, u64),
}

#[derive(Debug, Default)]
struct Cuts {
    begun: AtomicU64,
    over: AtomicU64,
    /// The time of the last that was over.
    last: AtomicU64,
}

/// What a call knows when it starts.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// What it is called with.
    pub key: u64,
    /// Nothing may be older.
    oldest: u64,
    /// The cuts that were over, of the key and of all.
    over: (u64, u64),
}

impl Field {
    /// The field of a cache that is alone with its values.
    #[must_use]
    pub fn new(name: &'static str, capacity: u64, cache: Cached) -> Arc<Self> {
        Arc::new(Self::with(name, capacity, cache))
    }

    /// The fields of two caches that have their values in common.
    #[must_use]
    pub fn pair(names: [&'static str; 2], capacity: u64, [first, second]: [Cached; 2]) -> [Arc<Self>; 2] {
        let first = Self { shares: true, ..Self::with(names[0], capacity, first) };
        let time = Arc::clone(&first.time);
        let second = Self { time, shares: true, follows: true, ..Self::with(names[1], capacity, second) };
        [Arc::new(first), Arc::new(second)]
    }

    fn with(name: &'static str, capacity: u64, cache: Cached) -> Self {
        Self {
            name,
            capacity,
            cache,
            keys: (0..KEYS).map(|_| KeyFacts::default()).collect(),
            time: Arc::new(AtomicU64::new(1)),
            shares: false,
            follows: false,
            clears: Cuts::default(),
            clearing: RwLock::default(),
            calls: Calls::default(),
            loads: AtomicU64::new(0),
            violations: Mutex::default(),
        }
    }

    /// To be asked before the call is made.
    ///
    /// # Panics
    ///
    /// If the key is none of [`KEYS`].
    pub fn since(&self, key: u64) -> Since {
        let cuts = &self.facts(key).cuts;
        let over = (cuts.over.load(SeqCst), self.clears.over.load(SeqCst));
        Since { key, oldest: cuts.last.load(SeqCst).max(self.clears.last.load(SeqCst)), over }
    }

    /// A load of the call `since` starts; ends when what is returned is dropped.
    ///
    /// At most one load of a key runs that its key has not been cut from (C1, X2).
    ///
    /// # Panics
    ///
    /// If the key is none of [`KEYS`].
    pub fn load_starts(self: &Arc<Self>, since: Since) -> LoadGuard {
        let facts = self.facts(since.key);
        let mut running = lock(&facts.running);
        let begun = (facts.cuts.begun.load(SeqCst), self.clears.begun.load(SeqCst));
        // Neither has been cut: no cut has begun since the later one's call was made, and all before that were over then.
        let is_attached = |over| over == begun;
        let other = running.iter().find(|other| is_attached(other.over) && is_attached(since.over));
        if let Some(other) = other.filter(|_| !self.shares) {
            self.violated(&format!("C1: two loads of key {} run, {other:?} is one", since.key));
        }
        let number = self.loads.fetch_add(1, SeqCst);
        running.push(Running { number, over: since.over });
        LoadGuard { field: Arc::clone(self), key: since.key, number, time: self.time.load(SeqCst) }
    }

    /// A call has got `value`.
    pub fn check(&self, since: Since, value: &Value) {
        if value.key != since.key {
            self.violated(&format!("C1: key {} was served the value of key {}", since.key, value.key));
        }
        if value.time < since.oldest && !self.follows {
            self.violated(&format!("I1, I2: key {}, cut at {}, got {value:?}", since.key, since.oldest));
        }
    }

    /// Cuts a key.
    pub fn invalidate(&self, key: u64) {
        self.write(key, |_| {
            self.cache.invalidate(&key);
        });
    }

    /// Puts a value in by hand.
    pub fn insert(&self, key: u64) {
        if self.follows {
            // What both put in would come to the tier in an order that nobody knows.
            return self.invalidate(key);
        }
        self.write(key, |time| self.cache.insert(key, Value::new(key, time)));
    }

    fn write(&self, key: u64, cut: impl FnOnce(u64)) {
        let facts = self.facts(key);
        let _alone = lock(&facts.writing);
        let _before_or_after_a_clear = self.clearing.read().unwrap_or_else(PoisonError::into_inner);
        facts.cuts.run(&self.time, cut);
    }

    /// Cuts all keys.
    pub fn clear(&self) {
        let _alone = self.clearing.write().unwrap_or_else(PoisonError::into_inner);
        self.clears.run(&self.time, |_| self.cache.clear());
    }

    /// Notes what must not be.
    pub fn violated(&self, rule: &str) {
        lock(&self.violations).push(format!("{}: {rule}", self.name));
    }

    fn facts(&self, key: u64) -> &KeyFacts {
        &self.keys[usize::try_from(key).expect("a small number")]
    }
}

impl Cuts {
    fn run(&self, time: &AtomicU64, cut: impl FnOnce(u64)) {
        self.begun.fetch_add(1, SeqCst);
        let now = time.fetch_add(1, SeqCst) + 1;
        cut(now);
        self.last.fetch_max(now, SeqCst);
        self.over.fetch_add(1, SeqCst);
    }
}

/// A load runs as long as this lives.
#[derive(Debug)]
pub struct LoadGuard {
    field: Arc<Field>,
    key: u64,
    number: u64,
    time: u64,
}

impl LoadGuard {
    /// When it started.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time
    }
}

impl Drop for LoadGuard {
    fn drop(&mut self) {
        let mut running = lock(&self.field.facts(self.key).running);
        if let Some(at) = running.iter().position(|running| running.number == self.number) {
            running.swap_remove(at);
        }
    }
}

/// Locks, whoever has panicked meanwhile.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls through the attribute, whose loads their callers run.
#[derive(Clone, Debug)]
pub struct InPlace(pub Arc<Field>);

impl InPlace {
    #[stampede(cache = self.0.cache, detach = false, skip(load))]
    /// Runs the load in one of its callers.
    ///
    /// # Errors
    ///
    /// As the load ends.
    pub async fn get(&self, key: u64, load: Load) -> Output {
        let _ = key;
        load.run().await
    }

    #[stampede(cache = self.0.cache, skip(load))]
    /// The same, without a runtime.
    ///
    /// # Errors
    ///
    /// As the load ends.
    pub fn get_on_a_thread(&self, key: u64, load: Load) -> Output {
        let _ = key;
        load.run_on_a_thread()
    }
}
