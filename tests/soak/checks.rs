//! What has to hold: at every moment, and at rest.

use crate::stage::{Scene, Stage};
use stampede_tests::field::{ALIVE, Field, lock};
use std::{
    fs,
    sync::{Arc, atomic::Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

/// How often all that holds at every moment is checked.
const LOOK: Duration = Duration::from_millis(20);

/// How often all pause.
const REST: Duration = Duration::from_secs(5);

/// How long it may take until nobody acts and nothing is in flight.
const PATIENCE: Duration = Duration::from_secs(30);

/// Memory may grow by this much once all has been in use for a while: allocators keep what they have had at a peak.
const GROWTH: u64 = 16 << 20;

pub(crate) struct Checks {
    scene: Arc<Scene>,
    /// The largest resident size that was seen while memory may still grow.
    ceiling: u64,
    /// The runtimes that there had been at the last rest.
    runtimes: u64,
}

impl Checks {
    pub(crate) fn new(stage: &Stage) -> Self {
        Self { scene: Arc::clone(&stage.scene), ceiling: 0, runtimes: 0 }
    }

    /// Watches for so long; the violation, if there is one.
    pub(crate) fn watch(mut self, time: Duration) -> Option<String> {
        let start = Instant::now();
        let mut rest = start + REST;
        loop {
            thread::sleep(LOOK);
            let checked = if Instant::now() < rest {
                self.check_moment()
            } else {
                rest = Instant::now() + REST;
                self.check_rest()
                    .and_then(|()| self.check_change())
                    .and_then(|()| self.check_memory(start.elapsed(), time))
            };
            if let Err(violation) = checked {
                return Some(violation);
            }
            if start.elapsed() >= time {
                return self.check_rest().err();
            }
        }
    }

    fn check_moment(&self) -> Result<(), String> {
        for field in &self.scene.fields {
            if let Some(violation) = lock(&field.violations).first() {
                return Err(violation.clone());
            }
            let over = field.calls.over.load(SeqCst);
            let stats = field.cache.stats();
            let begun = field.calls.begun.load(SeqCst);
            let calls = stats.hits + stats.stale + stats.coalesced + stats.leads;
            check(over <= calls && calls <= begun, || {
                format!("S1: {}: {over} calls are over, {begun} have begun, {stats:?}", field.name)
            })?;
            let ended = stats.loads_ok + stats.loads_err + stats.loads_panicked + stats.loads_abandoned;
            check(ended <= stats.loads, || format!("S1: {}: {stats:?}", field.name))?;
            check(stats.entries <= field.capacity, || format!("M1: {}: {stats:?}", field.name))?;
        }
        self.scene.actors.iter().find_map(|actor| actor.violation()).map_or(Ok(()), Err)
    }

    /// Lets all come to rest, checks, and lets them go on.
    fn check_rest(&self) -> Result<(), String> {
        self.scene.pause(true);
        let is_over = |field: &Field| field.calls.begun.load(SeqCst) == field.calls.over.load(SeqCst);
        self.until("callers wait for nothing", || {
            self.scene.is_idle() && self.scene.fields.iter().all(|field| is_over(field))
        })?;
        self.until("M4: flights are left", || {
            let is_empty = |field: &Field| field.cache.in_flight() == 0 && field.cache.stats().in_flight == 0;
            self.scene.fields.iter().all(|field| is_empty(field))
        })?;
        self.until("callers are gone, and something goes on", || {
            self.scene.actors.iter().all(|actor| actor.unfinished().is_none())
        })?;
        // What is read by somebody while it is taken out is dropped by the next who takes out something.
        let entries = || self.scene.fields.iter().map(|field| field.cache.len()).sum::<usize>();
        self.until("M3: values are left that are not stored", || ALIVE.load(SeqCst) <= entries())?;
        self.check_moment()?;
        for field in &self.scene.fields {
            let stats = field.cache.stats();
            let calls = stats.hits + stats.stale + stats.coalesced + stats.leads;
            let begun = field.calls.begun.load(SeqCst);
            check(calls == begun, || format!("S1: {}: {begun} calls, {stats:?}", field.name))?;
            let ended = stats.loads_ok + stats.loads_err + stats.loads_panicked + stats.loads_abandoned;
            check(ended == stats.loads, || format!("S1: {}: {stats:?}", field.name))?;
        }
        if let Some(violation) = self.scene.actors.iter().find_map(|actor| actor.violation_at_rest()) {
            return Err(violation);
        }
        self.scene.pause(false);
        Ok(())
    }

    fn until(&self, otherwise: &str, holds: impl Fn() -> bool) -> Result<(), String> {
        let start = Instant::now();
        while !holds() {
            check(start.elapsed() < PATIENCE, || {
                let states = self.scene.fields.iter().map(|field| {
                    format!(
                        "{}: {:?}, {} in flight, {:?}",
                        field.name,
                        field.calls,
                        field.cache.in_flight(),
                        field.cache.stats()
                    )
                });
                let left = self.scene.actors.iter().filter_map(|actor| actor.unfinished());
                let states: Vec<_> = states.chain(left).collect();
                format!("{otherwise}: {} values alive; {}", ALIVE.load(SeqCst), states.join("; "))
            })?;
            thread::sleep(LOOK / 10);
        }
        Ok(())
    }

    /// Runtimes come and go.
    fn check_change(&mut self) -> Result<(), String> {
        let before = std::mem::replace(&mut self.runtimes, self.scene.runtimes.load(SeqCst));
        check(self.runtimes > before, || "no runtime has come and gone".to_owned())
    }

    /// Resident memory is flat after the first minute, or the first half of less than two.
    fn check_memory(&mut self, elapsed: Duration, time: Duration) -> Result<(), String> {
        let resident = resident();
        self.report(elapsed, resident);
        if elapsed < (time / 2).min(Duration::from_secs(60)) {
            self.ceiling = self.ceiling.max(resident);
            return Ok(());
        }
        let ceiling = self.ceiling + GROWTH;
        check(resident <= ceiling, || format!("memory: {resident} bytes, where {} were enough", self.ceiling))
    }

    fn report(&self, elapsed: Duration, resident: u64) {
        let stats: Vec<_> = self.scene.fields.iter().map(|field| field.cache.stats()).collect();
        let sum = |count: fn(&stampede::Stats) -> u64| stats.iter().map(count).sum::<u64>();
        let reports: Vec<_> = self.scene.actors.iter().map(|actor| actor.report()).collect();
        println!(
            "soak: {:>4} s, {} runtimes, {} calls, {} loads ({} failed, {} panicked, {} abandoned), {} evictions, {} entries{}, {} KiB",
            elapsed.as_secs(),
            self.scene.runtimes.load(SeqCst),
            sum(|stats| stats.hits + stats.stale + stats.coalesced + stats.leads),
            sum(|stats| stats.loads),
            sum(|stats| stats.loads_err),
            sum(|stats| stats.loads_panicked),
            sum(|stats| stats.loads_abandoned),
            sum(|stats| stats.evictions),
            sum(|stats| stats.entries),
            reports.concat(),
            resident >> 10,
        );
    }
}

fn check(holds: bool, violation: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(violation()) }
}

/// The resident memory of this process in bytes; 0 where there is no `/proc`.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()).unwrap_or(0) << 10
}
