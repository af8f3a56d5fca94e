//! Two caches with one tier between them, as two processes have it, on a wire that is cut and a server that stops (T1 to T5).

use crate::actors::{Actor, Turn};
use stampede::tier::{Redis, TierStats};
use stampede_tests::{
    field::{Cached, Dice, Field},
    server::{Server, Wire},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    runtime::{Builder, Runtime},
    time::sleep,
};

const MILLIS: Duration = Duration::from_millis(1);

/// The server, the wire to it, and who cuts it.
pub(crate) struct Fleet {
    server: Server,
    wire: Wire,
    fields: [Arc<Field>; 2],
    is_cut: AtomicBool,
    cuts: AtomicU64,
    /// The wire is on it: the runtimes of the stage come and go.
    _runtime: Runtime,
}

impl Fleet {
    /// Starts a server; the fields are to be acted upon like all others.
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let server = Server::start();
        let wire = runtime.block_on(Wire::to(&server));
        // Handles of other timeouts have connections of their own.
        let cache = |timeout| {
            let tier = Redis::builder(wire.url()).timeout(timeout).lease(MILLIS * 300).patience(MILLIS * 200);
            let tier = tier.poll(MILLIS * 50).build().expect("a URL");
            let cache = Cached::builder().name("fleet").ttl(MILLIS * 200).stale_while_revalidate(MILLIS * 50);
            cache.capacity(100).load_timeout(MILLIS * 40).tier(tier).build()
        };
        let caches = [cache(MILLIS * 50), cache(MILLIS * 51)];
        let fields = Field::pair(["fleet, first", "fleet, second"], 100, caches);
        let (is_cut, cuts) = (AtomicBool::new(false), AtomicU64::new(0));
        Self { server, wire, fields, is_cut, cuts, _runtime: runtime }
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = Arc<Field>> {
        self.fields.iter().map(Arc::clone)
    }
}

impl Actor for Fleet {
    fn weight(&self) -> u64 {
        1
    }

    /// Breaks the tier for a while, one at a time.
    fn act<'a>(&'a self, _: &'a Arc<Field>, dice: &'a mut Dice) -> Turn<'a> {
        let time = MILLIS * u32::try_from(dice.below(150)).expect("a small number");
        let freezes = dice.below(3) == 0;
        let is_needed = dice.below(10) == 0;
        Box::pin(async move {
            if is_needed && !self.is_cut.swap(true, SeqCst) {
                let _cut = Cut::new(self, freezes);
                sleep(time).await;
            }
        })
    }

    fn violation_at_rest(&self) -> Option<String> {
        let leases = self.server.endless_leases().unwrap_or_default();
        leases.first().map(|lease| format!("T2: {lease} never ends"))
    }

    fn report(&self) -> String {
        let stats = self.fields.each_ref().map(|field| field.cache.stats().tier);
        let sum = |count: fn(&TierStats) -> u64| stats.iter().map(count).sum::<u64>();
        format!(
            ", {} cuts of the tier ({} hits of it, {} put in, {} loads without it)",
            self.cuts.load(SeqCst),
            sum(|stats| stats.hits),
            sum(|stats| stats.published),
            sum(|stats| stats.bypassed),
        )
    }
}

/// The tier is broken as long as this lives: also if the runtime goes meanwhile.
struct Cut<'a> {
    fleet: &'a Fleet,
    freezes: bool,
}

impl<'a> Cut<'a> {
    fn new(fleet: &'a Fleet, freezes: bool) -> Self {
        fleet.cuts.fetch_add(1, SeqCst);
        if freezes {
            fleet.server.freeze();
        } else {
            fleet.wire.cut();
        }
        Self { fleet, freezes }
    }
}

impl Drop for Cut<'_> {
    fn drop(&mut self) {
        if self.freezes {
            self.fleet.server.thaw();
        } else {
            self.fleet.wire.mend();
        }
        self.fleet.is_cut.store(false, SeqCst);
    }
}
