//! The cases that hurt. Each takes a peer through one of them, on two workers, and tells what happened.

use crate::{
    job::{Case, Ends, Failure, Job, Outcome},
    peers::Peer,
    quiet::Quiet,
};
use std::time::{Duration, Instant};
use tokio::{
    task::{JoinError, JoinHandle},
    time::{sleep_until, timeout},
};

/// The caches live as long as the program.
type AnyPeer = &'static dyn Peer;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// 100 equal calls share a load of 50 ms: how many loads there were.
pub(crate) async fn equal_calls(peer: AnyPeer) -> u64 {
    let case = Case::new(millis(50), Ends::Well);
    join(spawn(peer, 100, |_| case.job(0))).await;
    case.loads()
}

pub(crate) struct Failing {
    pub(crate) loads: u64,
    pub(crate) wall: Duration,
    /// How many callers have the most common error.
    pub(crate) equal: usize,
}

/// 100 equal calls whose load of 50 ms fails.
pub(crate) async fn failing_calls(peer: AnyPeer) -> Failing {
    let case = Case::new(millis(50), Ends::InError);
    let start = Instant::now();
    let ended = join(spawn(peer, 100, |_| case.job(0))).await;
    let wall = start.elapsed();
    let failures: Vec<Failure> = ended.into_iter().flatten().filter_map(Result::err).collect();
    let times = |failure: &Failure| failures.iter().filter(|other| *other == failure).count();
    let known = failures.iter().filter(|failure| **failure != Failure::UNKNOWN);
    Failing { loads: case.loads(), wall, equal: known.map(times).max().unwrap_or(0) }
}

/// Calls with 512 different keys at once, each with a load of 50 ms: how long it takes until all have returned.
pub(crate) async fn different_keys(peer: AnyPeer) -> Duration {
    let case = Case::new(millis(50), Ends::Well);
    let start = Instant::now();
    join(spawn(peer, 512, |key| case.job(key))).await;
    start.elapsed()
}

pub(crate) struct Aborted {
    pub(crate) loads: u64,
    pub(crate) served: usize,
    pub(crate) wall: Duration,
}

/// The first caller is aborted in the middle of a load of 100 ms for which 10 others wait.
pub(crate) async fn aborted_leader(peer: AnyPeer) -> Aborted {
    let case = Case::new(millis(100), Ends::Well);
    let start = Instant::now();
    let leader = spawn(peer, 1, |_| case.job(0));
    sleep_until((start + millis(20)).into()).await;
    let waiters = spawn(peer, 10, |_| case.job(0));
    sleep_until((start + millis(60)).into()).await;
    leader.iter().for_each(JoinHandle::abort);
    let served = join(waiters).await.into_iter().flatten().flatten().count();
    Aborted { loads: case.loads(), served, wall: start.elapsed() }
}

pub(crate) struct GivenUp {
    pub(crate) loads: u64,
    /// Whether the next call, after the time of the load, was a hit.
    pub(crate) then_hit: bool,
}

/// 100 callers give up after 50 ms on a load of 400 ms; half a second later somebody calls again.
pub(crate) async fn impatient_callers(peer: AnyPeer) -> GivenUp {
    let case = Case::new(millis(400), Ends::Well);
    let start = Instant::now();
    let give_up = |_| tokio::spawn(timeout(millis(50), peer.call(case.job(0))));
    join((0..100).map(give_up).collect()).await;
    sleep_until((start + millis(500)).into()).await;
    let loads = case.loads();
    let next = timeout(millis(1_000), peer.call(case.job(0))).await;
    GivenUp { loads, then_hit: next.is_ok_and(|outcome| outcome.is_ok()) && case.loads() == loads }
}

pub(crate) struct Panicking {
    pub(crate) loads: u64,
    pub(crate) panics: usize,
    pub(crate) wall: Duration,
}

/// 10 equal calls whose load panics after 50 ms.
pub(crate) async fn panicking_load(peer: AnyPeer) -> Panicking {
    let _quiet = Quiet::new();
    let case = Case::new(millis(50), Ends::InPanic);
    let start = Instant::now();
    let ended = join(spawn(peer, 10, |_| case.job(0))).await;
    let wall = start.elapsed();
    let panics = ended.into_iter().filter_map(Result::err).filter(JoinError::is_panic).count();
    Panicking { loads: case.loads(), panics, wall }
}

fn spawn(peer: AnyPeer, calls: u32, job: impl Fn(u32) -> Job) -> Vec<JoinHandle<Outcome>> {
    (0..calls).map(|number| tokio::spawn(peer.call(job(number)))).collect()
}

async fn join<T>(tasks: Vec<JoinHandle<T>>) -> Vec<Result<T, JoinError>> {
    let mut ended = Vec::with_capacity(tasks.len());
    for task in tasks {
        ended.push(task.await);
    }
    ended
}
