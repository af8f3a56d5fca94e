//! The words in which a specification of the cache and the cache itself are compared.

use crate::{config::Nanos, schedule::Plan};

pub(crate) type CallId = u64;

/// What a load comes to; values and errors carry the call whose load it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Value(CallId),
    Nothing,
    /// The error itself, or one that stands for it.
    Error {
        of: CallId,
        shared: bool,
    },
    /// The load took too long.
    TimedOut {
        shared: bool,
    },
}

impl Outcome {
    pub(crate) fn is_error(self) -> bool {
        matches!(self, Self::Error { .. } | Self::TimedOut { .. })
    }

    /// The same, as all get it who share it.
    pub(crate) fn shared(self, shared: bool) -> Self {
        match self {
            Self::Error { of, .. } => Self::Error { of, shared },
            Self::TimedOut { .. } => Self::TimedOut { shared },
            other => other,
        }
    }
}

/// What a call comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Output(Outcome, Served),
    /// The load's panic itself, or its message.
    Panic {
        of: CallId,
        payload: bool,
    },
}

/// How the output came to the call; the age is of what is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Served {
    Fresh,
    Revalidating(Nanos),
    Failing(Nanos),
    Loaded,
    Coalesced,
}

/// A call, as it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) id: CallId,
    /// Takes no stored value (I3).
    pub(crate) insists: bool,
    /// Drives its load in place (`detach = false`).
    pub(crate) in_place: bool,
    pub(crate) plan: Plan,
}

/// What has been counted; the names are those of `stampede::Stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) hits: u64,
    pub(crate) stale: u64,
    pub(crate) coalesced: u64,
    pub(crate) leads: u64,
    pub(crate) loads: u64,
    pub(crate) loads_ok: u64,
    pub(crate) loads_err: u64,
    pub(crate) loads_panicked: u64,
    pub(crate) loads_abandoned: u64,
    pub(crate) refreshes: u64,
}
