//! A few threads for the whole process, for work that nobody waits for: refreshes of functions that are not `async`.
//!
//! Invariants:
//! - A job is run by one thread, or dropped where not a single thread can be had.
//! - Threads are started while there are more jobs than threads without work, up to a bound, and end when they have had no
//!   work for a while.
//! - No lock is held while a job runs or is dropped: both are user code (C4).

use crate::{
    contain::contain,
    sync::{Mutex, lock},
};
use std::{
    collections::VecDeque,
    sync::{Condvar, PoisonError},
    thread,
    time::Duration,
};

/// Something to do.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// The threads of this process, and what waits for them.
pub(crate) static POOL: Pool = Pool::new(8, 1_024, Duration::from_secs(10));

/// Threads that share a queue of jobs.
pub(crate) struct Pool {
    state: Mutex<State>,
    changed: Condvar,
    most_threads: usize,
    most_jobs: usize,
    /// How long a thread waits for work before it ends.
    patience: Duration,
}

struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    /// Threads that wait for work.
    idle: usize,
}

impl Pool {
    const fn new(most_threads: usize, most_jobs: usize, patience: Duration) -> Self {
        let state = State { jobs: VecDeque::new(), threads: 0, idle: 0 };
        Self { state: Mutex::new(state), changed: Condvar::new(), most_threads, most_jobs, patience }
    }

    /// Whether the queue is not full. Between this and [`run`](Self::run) others may fill it: the bound is for threads that
    /// ask first, and each adds one job at most.
    pub(crate) fn has_room(&self) -> bool {
        lock(&self.state).jobs.len() < self.most_jobs
    }

    /// Has a thread run `job`, after all that were here before.
    pub(crate) fn run(&'static self, job: Job) {
        let mut state = lock(&self.state);
        state.jobs.push_back(job);
        let mut stranded = VecDeque::new();
        if state.jobs.len() > state.idle && state.threads < self.most_threads {
            let spawned = thread::Builder::new().name("stampede-worker".into()).spawn(|| self.work());
            state.threads += usize::from(spawned.is_ok());
            if state.threads == 0 {
                stranded.append(&mut state.jobs);
            }
        }
        drop(state);
        self.changed.notify_one();
        contain(&mut || stranded.clear());
    }

    fn work(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                let mut job = Some(job);
                contain(&mut || {
                    if let Some(job) = job.take() {
                        job();
                    }
                });
                state = lock(&self.state);
                continue;
            }
            state.idle += 1;
            let waited = self.changed.wait_timeout(state, self.patience);
            let (woken, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if timeout.timed_out() && state.jobs.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::SeqCst},
            mpsc,
        },
        time::Instant,
    };

    fn until(condition: impl Fn() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < Duration::from_secs(20), "what the test waits for does not happen");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn threads_are_started_on_need_up_to_a_bound_and_end_when_idle() {
        static SMALL: Pool = Pool::new(2, 3, Duration::from_millis(20));
        let running = Arc::new(AtomicUsize::new(0));
        let (end, ends) = mpsc::channel();
        let gates: Vec<_> = (0..5)
            .map(|_| {
                let (gate, wait) = mpsc::channel::<()>();
                let (running, end) = (Arc::clone(&running), end.clone());
                SMALL.run(Box::new(move || {
                    let now = running.fetch_add(1, SeqCst) + 1;
                    let _ = wait.recv();
                    running.fetch_sub(1, SeqCst);
                    end.send((now, thread::current().name().map(str::to_owned))).expect("the test waits");
                }));
                gate
            })
            .collect();
        until(|| running.load(SeqCst) == 2);
        assert_eq!(lock(&SMALL.state).threads, 2);
        assert!(!SMALL.has_room(), "three of five wait");
        drop((gates, end));
        let ended: Vec<_> = ends.iter().collect();
        assert_eq!(ended.len(), 5);
        assert!(ended.iter().all(|(now, name)| *now <= 2 && name.as_deref() == Some("stampede-worker")));
        assert!(SMALL.has_room());
        until(|| lock(&SMALL.state).threads == 0);
        assert_eq!(lock(&SMALL.state).idle, 0);
    }

    #[test]
    fn a_job_that_panics_harms_no_other() {
        static LONE: Pool = Pool::new(1, 8, Duration::from_millis(20));
        let (done, is_done) = mpsc::channel();
        LONE.run(Box::new(|| panic!("a job")));
        LONE.run(Box::new(move || done.send(()).expect("the test waits")));
        assert_eq!(is_done.recv_timeout(Duration::from_secs(20)), Ok(()));
    }
}
