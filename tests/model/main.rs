//! The engine beside a specification of it that runs one step after another: both go through the same random schedule under a
//! paused clock, and have to agree on everything that can be seen from outside, after every step.
//!
//! `STAMPEDE_MODEL_SCHEDULES` sets how many schedules are tried, `STAMPEDE_MODEL_MINUTES` for how long, `STAMPEDE_MODEL_SEED`
//! which: the seed is printed. A schedule that fails is made shorter. `cargo xtask model` is the command.

mod chance;
mod compare;
mod config;
mod hooks;
mod loads;
mod rig;
mod schedule;
mod sight;
mod spec;
mod words;

use compare::run;
use proptest::test_runner::{
    Config as Settings, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};
use std::{
    cell::Cell,
    collections::hash_map::RandomState,
    env,
    hash::BuildHasher,
    panic,
    time::{Duration, Instant},
};

/// Steps in a schedule.
const LENGTH: usize = 40;

/// Schedules that are tried with one generator; one that takes minutes goes through many.
const BATCH: u64 = 1_000;

#[test]
fn the_engine_does_what_the_specification_says() {
    silence_expected_panics();
    let schedules = variable("STAMPEDE_MODEL_SCHEDULES");
    let minutes = variable("STAMPEDE_MODEL_MINUTES");
    let seed = variable("STAMPEDE_MODEL_SEED").unwrap_or_else(|| RandomState::new().hash_one("model"));
    println!("model: seed {seed}");
    let until = minutes.map(|minutes| Instant::now() + Duration::from_secs(60 * minutes));
    let most = schedules.unwrap_or(if until.is_some() { u64::MAX } else { 2_000 });
    let mut tried = 0;
    while tried < most && until.is_none_or(|until| Instant::now() < until) {
        try_some(seed.wrapping_add(tried), BATCH.min(most - tried), tried);
        tried += BATCH.min(most - tried);
    }
    println!("model: {tried} schedules without a difference");
}

/// Tries so many schedules of one seed, after `before` others.
fn try_some(seed: u64, cases: u64, before: u64) {
    let settings = Settings {
        cases: u32::try_from(cases).expect("a batch is small"),
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..Settings::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(settings, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let (tried, failed) = (Cell::new(before), Cell::new(false));
    let tested = runner.run(&(config::configs(), schedule::schedules(LENGTH)), |(config, steps)| {
        if !failed.get() {
            tried.set(tried.get() + 1);
        }
        run(&config, &steps).map_err(|difference| {
            failed.set(true);
            TestCaseError::fail(difference)
        })
    });
    if let Err(TestError::Fail(why, (config, steps))) = tested {
        let steps: Vec<_> = steps.iter().map(|step| format!("  {step:?}\n")).collect();
        panic!("schedule {}, of seed {seed}: {why}\n{config:?}\n{}", tried.get(), steps.concat());
    }
}

/// Loads panic all the time here, and callers with them.
fn silence_expected_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let message = info.payload().downcast_ref::<String>();
        let is_expected = info.payload().is::<loads::Bang>()
            || message.is_some_and(|message| {
                message.starts_with("model: the load that this call waited for panicked")
            });
        if !is_expected {
            report(info);
        }
    }));
}

/// A number from the environment.
fn variable(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is not a number: {value}")))
}
