//! The shared tier on a server of the tests' own: rules T1 to T7.

mod attribute;
mod clocks;
mod cluster;
mod encrypted;
#[cfg(feature = "tracing")]
mod events;
mod fleet;
mod formats;
mod memory;
mod outages;
mod rules;
mod sentinel;
mod sharing;
mod strict;
mod without_runtime;

use stampede_tests::server;
