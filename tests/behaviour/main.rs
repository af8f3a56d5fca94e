//! Behaviour through the public API, a module for each group of rules.

mod attribute;
mod blocking;
mod cancellation;
mod capacity;
mod circles;
mod claims;
mod coalescing;
mod errors;
#[cfg(feature = "test-util")]
mod freshness;
mod hostile;
mod instances;
mod invalidation;
mod panics;
mod races;
mod raw;
mod refreshed_on_threads;
mod runtimes;
mod settings;
mod shapes;
#[cfg(feature = "test-util")]
mod stale;
mod stats;
mod tricky;
