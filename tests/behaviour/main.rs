//! Behaviour through the public API, a module for each group of rules.

mod attribute;
mod blocking;
mod cancellation;
mod circles;
mod coalescing;
mod errors;
#[cfg(feature = "test-util")]
mod freshness;
mod hostile;
mod instances;
mod invalidation;
mod panics;
mod raw;
mod runtimes;
mod settings;
mod shapes;
mod stats;
