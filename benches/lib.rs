//! Stampede beside its peers.
//!
//! - `cargo run --release -p stampede-benches --bin behaviour`: what each cache does in the cases that hurt.
//! - `cargo bench -p stampede-benches`: what hits, misses, waiters and entries cost.
//!
//! One machine's nanoseconds mean little on another, so contenders are timed in turn, round after round, and judged by their
//! ratios within a round. What a ratio must be is its budget; `OVER` is printed where it is not kept.
//!
//! Benchmarks take `-- [--quick] [FILTER]`; a filter is a part of a group's name.

pub mod budget;
pub mod options;
pub mod race;
pub mod subjects;
pub mod table;
