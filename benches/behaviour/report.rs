//! What one peer did in every scenario: a row of the table, and for Stampede the targets.

use crate::{
    peers::Peer,
    scenarios::{
        Aborted, Failing, GivenUp, Panicking, aborted_leader, different_keys, equal_calls, failing_calls,
        impatient_callers, panicking_load,
    },
};
use std::time::Duration;
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

    /// Names the targets that are missed.
    pub(crate) fn missed_targets(&self) -> Vec<&'static str> {
        let Self { failing, aborted, given_up, panicking, .. } = self;
        let within = |wall: Duration, millis| wall <= Duration::from_millis(millis);
        let targets = [
            ("100 equal calls cause 1 load", self.loads == 1),
            ("100 failing calls cause 1 load", failing.loads == 1),
            ("100 failing calls get 100 equal errors", failing.equal == 100),
            ("100 failing calls return within 1.5 × their load of 50 ms", within(failing.wall, 75)),
            ("512 keys are loaded within 150 ms", within(self.different_keys, 150)),
            ("an aborted leader causes no second load", aborted.loads == 1),
            ("an aborted leader's 10 waiters are served", aborted.served == 10),
            (
                "an aborted leader's waiters are served within 1.3 × the load of 100 ms",
                within(aborted.wall, 130),
            ),
            ("100 callers that give up cause 1 load", given_up.loads == 1),
            ("after 100 callers gave up the next call is a hit", given_up.then_hit),
            ("a panicking load is not run again", panicking.loads == 1),
            ("10 of 10 callers see the panic of their load", panicking.panics == 10),
            ("a panicking load ends its callers within 1.5 × 50 ms", within(panicking.wall, 75)),
            ("a hit allocates nothing", self.allocations == Some(0)),
        ];
        targets.into_iter().filter(|(_, met)| !met).map(|(target, _)| target).collect()
    }
}

fn wall(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}
