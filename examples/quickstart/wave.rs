//! One wave: callers that all start at the same moment, and what they saw.

use crate::{
    api::{ApiError, Currency, Rate},
    args::Args,
    progress::{self, Progress},
    upstream,
};
use std::{
    future::Future,
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Barrier, task::JoinSet, time::interval};

/// What came out of a wave.
pub(crate) struct Wave {
    /// The time of each call, the shortest first.
    pub(crate) latencies: Vec<Duration>,
    /// From the start of the first call to the end of the last.
    pub(crate) wall: Duration,
    pub(crate) failures: u64,
    pub(crate) first_failure: Option<String>,
}

/// Lets every caller make one call, as a task of its own. The callers take turns among the keys.
pub(crate) async fn run<C, F>(title: &str, args: Args, call: C) -> io::Result<Wave>
where
    C: Fn(Currency) -> F + Copy + Send + 'static,
    F: Future<Output = Result<Rate, ApiError>> + Send,
{
    let start = Arc::new(Barrier::new(args.callers as usize));
    let mut callers = JoinSet::new();
    for caller in 0..args.callers {
        let start = Arc::clone(&start);
        callers.spawn(async move {
            start.wait().await;
            let began = Instant::now();
            let currency = Currency(caller % args.keys);
            let answer = call(currency).await;
            Call { began, ended: Instant::now(), failure: failure(currency, answer) }
        });
    }

    let progress = Progress::start(title, args.callers.into())?;
    let mut ticks = interval(progress::INTERVAL);
    let mut calls = Vec::with_capacity(args.callers as usize);
    let mut panics = Vec::new();
    loop {
        tokio::select! {
            caller = callers.join_next() => match caller {
                Some(Ok(call)) => calls.push(call),
                Some(Err(panic)) => panics.push(panic.to_string()),
                None => break,
            },
            _ = ticks.tick() => progress.draw((calls.len() + panics.len()) as u64)?,
        }
    }
    let wave = Wave::of(calls, panics);
    progress.finish(wave.wall)?;
    Ok(wave)
}

/// Says what is wrong with an answer.
fn failure(currency: Currency, answer: Result<Rate, ApiError>) -> Option<String> {
    match answer {
        Ok(rate) if rate == upstream::rate(currency) => None,
        Ok(rate) => Some(format!("{rate:?} is not the rate of {currency}")),
        Err(error) => Some(error.to_string()),
    }
}

struct Call {
    began: Instant,
    ended: Instant,
    failure: Option<String>,
}

impl Wave {
    fn of(calls: Vec<Call>, panics: Vec<String>) -> Self {
        let first = calls.iter().map(|call| call.began).min();
        let last = calls.iter().map(|call| call.ended).max();
        let mut latencies: Vec<_> = calls.iter().map(|call| call.ended - call.began).collect();
        latencies.sort_unstable();
        let failures: Vec<_> = calls.into_iter().filter_map(|call| call.failure).chain(panics).collect();
        Self {
            latencies,
            wall: first.zip(last).map_or(Duration::ZERO, |(first, last)| last - first),
            failures: failures.len() as u64,
            first_failure: failures.into_iter().next(),
        }
    }

    /// The latency that `percent` of the calls did not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.latencies.len() * percent).div_ceil(100).max(1);
        self.latencies.get(rank - 1).copied().unwrap_or_default()
    }
}
