//! Finds flights that wait for each other in a circle, before they hang (X5).
//!
//! While a load is polled, its flight is the current one of the thread. A call that is made then and waits for another
//! flight adds an edge from the current flight to that one, for as long as it waits. Edges are added under one lock, which
//! is taken by nested misses only, so of two calls that would close a circle together the later one sees the other's edge.

use crate::sync::{Mutex, lock};
use std::{
    cell::RefCell,
    collections::{HashMap, hash_map::Entry},
    fmt,
    sync::{Arc, LazyLock},
};

/// A flight, as others wait for it.
pub(crate) trait Node: Send + Sync {
    /// Names the call that the flight is for, as in `f(1)`.
    fn label(&self) -> String;
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<dyn Node>>> = const { RefCell::new(None) };
}

/// Which flights the load of each waiting flight waits for, by the flights' addresses: an edge keeps both ends alive.
type Edges = HashMap<usize, Vec<Arc<dyn Node>>>;

static EDGES: LazyLock<Mutex<Edges>> = LazyLock::new(Mutex::default);

/// As long as this lives, what the thread does is a part of the load of `flight`.
#[must_use]
pub(crate) fn enter(flight: Arc<dyn Node>) -> Within {
    Within { outer: CURRENT.with(|current| current.replace(Some(flight))) }
}

/// A load is being polled.
pub(crate) struct Within {
    outer: Option<Arc<dyn Node>>,
}

impl Drop for Within {
    fn drop(&mut self) {
        let outer = self.outer.take();
        // The flight that ends here may be the last of its handles: dropped outside of the borrow.
        drop(CURRENT.with(|current| current.replace(outer)));
    }
}

/// The current load waits for a flight as long as this lives.
pub(crate) struct Edge {
    from: Arc<dyn Node>,
    to: Arc<dyn Node>,
}

impl Edge {
    /// Brings `edge` up to date for a call that waits for the flight `node` at the address `to`: the current load, if there is
    /// one, waits with it. A call may move from one load to another, or out of all.
    ///
    /// # Panics
    ///
    /// If `to` waits for the current load, on its own or through others: neither could ever end.
    pub(crate) fn update(edge: &mut Option<Self>, to: usize, node: &dyn Fn() -> Arc<dyn Node>) {
        let current = CURRENT.with(|current| current.borrow().clone());
        let holds = match (&*edge, &current) {
            (None, None) => true,
            (Some(edge), Some(current)) => same(&edge.from, current) && address(&edge.to) == to,
            _ => false,
        };
        if !holds {
            *edge = None;
            *edge = current.map(|current| Self::add(current, node()));
        }
    }

    fn add(from: Arc<dyn Node>, to: Arc<dyn Node>) -> Self {
        let mut edges = lock(&EDGES);
        let Some(path) = path(&edges, &to, &from) else {
            edges.entry(address(&from)).or_default().push(to.clone());
            return Self { from, to };
        };
        // Labels print keys, which is user code.
        drop(edges);
        let chain: Vec<String> = [from].iter().chain(&path).map(|flight| flight.label()).collect();
        panic!("loads that wait for each other can never end: {}", chain.join(" → "));
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let mut edges = lock(&EDGES);
        let Some(waits) = edges.get_mut(&address(&self.from)) else { return };
        let removed = waits.iter().position(|to| same(to, &self.to)).map(|at| waits.swap_remove(at));
        if waits.is_empty() {
            edges.remove(&address(&self.from));
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
fn path(edges: &Edges, start: &Arc<dyn Node>, end: &Arc<dyn Node>) -> Option<Vec<Arc<dyn Node>>> {
    // Depth first; `came_from` is the way back, and the flights already seen.
    let mut came_from: HashMap<usize, Option<Arc<dyn Node>>> = HashMap::from([(address(start), None)]);
    let mut open = vec![start.clone()];
    while let Some(flight) = open.pop() {
        if same(&flight, end) {
            let mut path = vec![flight];
            while let Some(Some(before)) = came_from.get(&address(&path[path.len() - 1])) {
                path.push(before.clone());
            }
            path.reverse();
            return Some(path);
        }
        for next in edges.get(&address(&flight)).into_iter().flatten() {
            if let Entry::Vacant(unseen) = came_from.entry(address(next)) {
                unseen.insert(Some(flight.clone()));
                open.push(next.clone());
            }
        }
    }
    None
}

fn address(flight: &Arc<dyn Node>) -> usize {
    Arc::as_ptr(flight).cast::<()>() as usize
}

fn same(one: &Arc<dyn Node>, other: &Arc<dyn Node>) -> bool {
    address(one) == address(other)
}
