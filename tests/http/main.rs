//! The HTTP layer through its public API, a module for each group of rules.

mod bodies;
mod coalescing;
mod conditional;
#[cfg(feature = "test-util")]
mod freshness;
mod hostile;
mod invalidation;
mod keys;
mod options;
mod origin;
mod privacy;
#[cfg(feature = "test-util")]
mod promptness;
mod races;
mod servers;
mod services;
mod vary;
