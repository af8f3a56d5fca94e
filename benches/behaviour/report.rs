//! What one peer did in every scenario: a row of the table, and for Stampede the targets.

use crate::{
    peers::Peer,
    scenarios::{
        Aborted, Failing, GivenUp, Panicking, aborted_leader, different_keys, equal_calls, failing_calls,
        impatient_callers, panicking_load,
    },
};
use std::{fmt::Display, time::Duration};
use tokio::runtime::Builder;

/// The headings of [`Report::cells`], in two rows.
pub(crate) const HEADINGS: [[&str; 8]; 2] = [
    ["", "100 calls", "100 failing", "512 keys", "leader aborted", "100 give up", "panic", "hit"],
    [
        "",
        "loads",
        "loads, equal errors, wall",
        "wall",
        "loads, served, wall",
        "loads, next",
        "loads, seen, wall",
        "allocations",
    ],
];

pub(crate) struct Report {
    name: &'static str,
    loads: u64,
    failing: Failing,
    different_keys: Duration,
    aborted: Aborted,
    given_up: GivenUp,
    panicking: Panicking,
    allocations: Option<u64>,
}

impl Report {
    /// Takes a peer through every scenario.
    pub(crate) fn new(peer: &'static dyn Peer) -> Self {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build()
            .expect("two threads can be started");
        Self {
            name: peer.name(),
            loads: runtime.block_on(equal_calls(peer)),
            failing: runtime.block_on(failing_calls(peer)),
            different_keys: runtime.block_on(different_keys(peer)),
            aborted: runtime.block_on(aborted_leader(peer)),
            given_up: runtime.block_on(impatient_callers(peer)),
            panicking: runtime.block_on(panicking_load(peer)),
            allocations: peer.allocations_of_a_hit(),
        }
    }

    pub(crate) fn cells(&self) -> [String; 8] {
        let Self { failing, aborted, given_up, panicking, .. } = self;
        [
            self.name.to_owned(),
            self.loads.to_string(),
            format!("{}, {}, {}", failing.loads, failing.equal, wall(failing.wall)),
            wall(self.different_keys),
            format!("{}, {} of 10, {}", aborted.loads, aborted.served, wall(aborted.wall)),
            format!("{}, {}", given_up.loads, if given_up.then_hit { "hit" } else { "load" }),
            format!("{}, {} of 10, {}", panicking.loads, panicking.panics, wall(panicking.wall)),
            self.allocations.map_or_else(|| "–".to_owned(), |count| count.to_string()),
        ]
    }

    /// What Stampede has to do.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let Self { failing, aborted, given_up, panicking, .. } = self;
        vec![
            exactly("loads of 100 equal calls", self.loads, 1),
            exactly("loads of 100 failing calls", failing.loads, 1),
            exactly("equal errors of 100 failing calls", failing.equal, 100),
            within("100 failing calls, 1.5 × their load of 50 ms", failing.wall, 75),
            within("512 keys, each a load of 50 ms", self.different_keys, 150),
            exactly("loads if the leader is aborted", aborted.loads, 1),
            exactly("callers served of 10 that waited with it", aborted.served, 10),
            within("these calls, 1.3 × their load of 100 ms", aborted.wall, 130),
            exactly("loads if 100 callers give up", given_up.loads, 1),
            exactly("the next call is a hit", given_up.then_hit, true),
            exactly("loads if the load panics", panicking.loads, 1),
            exactly("callers of 10 that see the panic", panicking.panics, 10),
            within("these calls, 1.5 × their load of 50 ms", panicking.wall, 75),
            exactly("allocations of a hit, (u64, &str)", self.allocations.unwrap_or(0), 0),
        ]
    }
}

/// One of the things that Stampede has to do.
pub(crate) struct Target {
    pub(crate) what: &'static str,
    pub(crate) budget: String,
    pub(crate) measured: String,
    pub(crate) met: bool,
}

fn exactly<T: PartialEq + Display + Copy>(what: &'static str, measured: T, wanted: T) -> Target {
    Target { what, budget: wanted.to_string(), measured: measured.to_string(), met: measured == wanted }
}

fn within(what: &'static str, measured: Duration, millis: u64) -> Target {
    let met = measured <= Duration::from_millis(millis);
    Target { what, budget: format!("≤ {millis} ms"), measured: wall(measured), met }
}

fn wall(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}
