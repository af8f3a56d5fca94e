//! What the functions under test do when they are called: their argument says it.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::sleep;

/// One argument; equal ones share a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Job {
    case: Case,
    key: u32,
}

/// One try of one peer: no two have jobs that are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Case {
    number: usize,
    takes: Duration,
    ends: Ends,
}

/// How a load ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ends {
    Well,
    InError,
    InPanic,
}

/// What a function under test returns; both sides carry the number of the load that they came from.
pub(crate) type Outcome = Result<u64, Failure>;

/// The error of one load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure(u64);

impl Failure {
    /// What stands for an error of which a caller learns nothing. Loads are counted from 1.
    pub(crate) const UNKNOWN: Self = Self(0);
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "load {} failed", self.0)
    }
}

impl std::error::Error for Failure {}

/// How many loads each case has had.
static LOADS: Mutex<BTreeMap<usize, u64>> = Mutex::new(BTreeMap::new());

impl Case {
    /// Starts a case without loads.
    pub(crate) fn new(takes: Duration, ends: Ends) -> Self {
        let mut loads = LOADS.lock().unwrap_or_else(PoisonError::into_inner);
        let number = loads.len();
        loads.insert(number, 0);
        Self { number, takes, ends }
    }

    pub(crate) fn job(self, key: u32) -> Job {
        Job { case: self, key }
    }

    pub(crate) fn loads(self) -> u64 {
        LOADS.lock().unwrap_or_else(PoisonError::into_inner)[&self.number]
    }

    fn count_load(self) -> u64 {
        let mut loads = LOADS.lock().unwrap_or_else(PoisonError::into_inner);
        let count = loads.entry(self.number).or_default();
        *count += 1;
        *count
    }
}

impl Job {
    /// The body of every function under test.
    pub(crate) async fn perform(self) -> Outcome {
        let load = self.case.count_load();
        sleep(self.case.takes).await;
        match self.case.ends {
            Ends::Well => Ok(load),
            Ends::InError => Err(Failure(load)),
            Ends::InPanic => panic!("load {load} panics"),
        }
    }
}
