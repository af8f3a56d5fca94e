//! The source of rates: slow, then down, then hanging, then well again.

use stampede::LoadTimeout;
use std::{sync::OnceLock, time::Duration};
use tokio::time::{Instant, sleep};

/// What a unit of a currency is worth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate;

/// Why there is no rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outage;

impl From<LoadTimeout> for Outage {
    fn from(_: LoadTimeout) -> Self {
        Self
    }
}

/// How the source is at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Well,
    Down,
    Hangs,
}

static START: OnceLock<Instant> = OnceLock::new();

/// Starts the source's clock.
pub(crate) fn start() {
    START.get_or_init(Instant::now);
}

/// The state at the time of each call.
pub(crate) fn states(calls: u32, pause: Duration) -> Vec<State> {
    (0..calls).map(|number| state(pause * number)).collect()
}

/// Answers after 120 ms, if it does.
pub(crate) async fn ask(_currency: &str) -> Result<Rate, Outage> {
    let now = START.get().map(Instant::elapsed).unwrap_or_default();
    match state(now) {
        State::Hangs => sleep(Duration::from_secs(1)).await,
        State::Well | State::Down => sleep(Duration::from_millis(120)).await,
    }
    if state(now) == State::Down { Err(Outage) } else { Ok(Rate) }
}

fn state(time: Duration) -> State {
    match time.as_secs() {
        2..=4 => State::Down,
        5 => State::Hangs,
        _ => State::Well,
    }
}
