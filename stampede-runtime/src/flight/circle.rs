//! Finds flights that wait for each other in a circle, before they hang (X5).
//!
//! While a load is polled, its flight is the current one of the thread. A call that is made then and waits for another
//! flight adds an edge from the current flight to that one, for as long as it waits. Edges are added under one lock, which
//! is taken by nested misses only, so of two calls that would close a circle together the later one sees the other's edge.
//!
//! The current flight is known by its number alone, so that a load is polled without a handle of its flight for that: whoever
//! waits for a flight has one, and so it is known what each flight of a circle is called.

use crate::sync::{Mutex, lock};
use std::{
    cell::Cell,
    collections::{HashMap, hash_map::Entry},
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// A flight, as others wait for it.
pub(crate) trait Node: Send + Sync {
    fn number(&self) -> Number;

    /// Names the call that the flight is for, as in `f(1)`.
    fn label(&self) -> String;
}

/// The number of a flight or a claim, which no other one of the process has, at any time. The flights of those who wait for a claim
/// have its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Number(u64);

/// Threads take numbers by blocks, so that they seldom meet. The first block is left out: 0 is no flight's number.
const BLOCK: u64 = 1 << 16;
static BLOCKS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The next number of this thread; a multiple of `BLOCK` if it needs a new block.
    static NEXT: Cell<u64> = const { Cell::new(0) };
    /// The flight whose load is polled. `Option` would be twice as large.
    static CURRENT: Cell<Number> = const { Cell::new(Number::NONE) };
}

impl Number {
    const NONE: Self = Self(0);

    /// One that was never given before.
    pub(crate) fn new() -> Self {
        let mut number = NEXT.get();
        if number % BLOCK == 0 {
            number = BLOCKS.fetch_add(1, Relaxed) * BLOCK;
        }
        NEXT.set(number + 1);
        Self(number)
    }

    /// The same as an integer; never zero.
    pub(super) fn to_bits(self) -> u64 {
        self.0
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

/// Which flights the load of each waiting flight waits for.
type Edges = HashMap<Number, Vec<Arc<dyn Node>>>;

static EDGES: LazyLock<Mutex<Edges>> = LazyLock::new(Mutex::default);

/// As long as this lives, what the thread does is a part of the load of this flight.
#[must_use]
pub(crate) fn enter(flight: Number) -> Within {
    Within { outer: CURRENT.replace(flight) }
}

/// Whether this thread is in a load, which would wait for what is done now.
#[inline]
pub(crate) fn is_within() -> bool {
    CURRENT.get() != Number::NONE
}

/// A load is being polled.
pub(crate) struct Within {
    outer: Number,
}

impl Drop for Within {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
    }
}

/// The current load waits for a flight as long as this lives. Seldom there, so it takes little room where it isn't.
pub(crate) struct Edge(Box<Ends>);

struct Ends {
    from: Number,
    to: Number,
}

impl Edge {
    /// Brings `edge` up to date for a call that waits for the flight `to`, which `node` is a handle of: the current load, if there
    /// is one, waits with it. A call may move from one load to another, or out of all.
    ///
    /// # Panics
    ///
    /// If `to` waits for the current load, on its own or through others: neither could ever end.
    #[inline]
    pub(crate) fn update(edge: &mut Option<Self>, to: Number, node: &dyn Fn() -> Arc<dyn Node>) {
        let from = CURRENT.get();
        // Most calls are made outside of all loads.
        if edge.is_some() || from != Number::NONE {
            Self::follow(edge, Ends { from, to }, node);
        }
    }

    fn follow(edge: &mut Option<Self>, ends: Ends, node: &dyn Fn() -> Arc<dyn Node>) {
        if edge.as_ref().is_some_and(|edge| edge.0.from == ends.from && edge.0.to == ends.to) {
            return;
        }
        *edge = None;
        if ends.from != Number::NONE {
            *edge = Some(Self::add(ends, node()));
        }
    }

    fn add(ends: Ends, to: Arc<dyn Node>) -> Self {
        let mut edges = lock(&EDGES);
        let Some(path) = path(&edges, &to, ends.from) else {
            edges.entry(ends.from).or_default().push(to);
            return Self(Box::new(ends));
        };
        // Labels print keys, which is user code.
        drop(edges);
        // The path ends where it has to start: at the current flight.
        let chain: Vec<String> = path.last().into_iter().chain(&path).map(|flight| flight.label()).collect();
        panic!("loads that wait for each other can never end: {}", chain.join(" → "));
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let Ends { from, to } = *self.0;
        let mut edges = lock(&EDGES);
        let Some(waits) = edges.get_mut(&from) else { return };
        let removed = waits.iter().position(|other| other.number() == to).map(|at| waits.swap_remove(at));
        if waits.is_empty() {
            edges.remove(&from);
        }
        drop(edges);
        drop(removed);
    }
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge").finish_non_exhaustive()
    }
}

/// The flights from `start` to `end`, both included, each waiting for the next.
fn path(edges: &Edges, start: &Arc<dyn Node>, end: Number) -> Option<Vec<Arc<dyn Node>>> {
    // Depth first; `came_from` is the way back, and the flights already seen.
    let mut came_from: HashMap<Number, Option<Arc<dyn Node>>> = HashMap::from([(start.number(), None)]);
    let mut open = vec![start.clone()];
    while let Some(flight) = open.pop() {
        if flight.number() == end {
            let mut path = vec![flight];
            while let Some(Some(before)) = came_from.get(&path[path.len() - 1].number()) {
                path.push(before.clone());
            }
            path.reverse();
            return Some(path);
        }
        for next in edges.get(&flight.number()).into_iter().flatten() {
            if let Entry::Vacant(unseen) = came_from.entry(next.number()) {
                unseen.insert(Some(flight.clone()));
                open.push(next.clone());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Number};
    use std::{collections::HashSet, thread};

    #[test]
    fn no_two_flights_have_one_number() {
        let take = || (0..2 * BLOCK + 10).map(|_| Number::new()).collect::<Vec<_>>();
        let threads = [thread::spawn(take), thread::spawn(take)];
        let numbers: Vec<Number> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert!(!numbers.contains(&Number::NONE));
        assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), numbers.len());
    }
}
