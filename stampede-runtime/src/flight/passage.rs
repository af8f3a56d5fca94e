//! How a flight stands to the tier of its cache (feature `redis`).

use crate::{
    policy::Lifetime,
    sync::{Mutex, lock},
    tier::Lease,
};
use std::mem;

/// Where a flight is between its tier and its load.
#[derive(Debug, Default)]
pub(crate) struct Passage(Mutex<Stage>);

/// The stages; whoever drives the flight on finds the one that was left.
#[derive(Debug, Default)]
pub(crate) enum Stage {
    /// It loads on its own.
    #[default]
    Loads,
    /// It asks the tier, and loads nothing yet.
    Asks,
    /// It has what it lands with from the tier, for as long as that may be kept.
    Found(Option<Lifetime>),
    /// It loads for all processes.
    Leased(Lease),
    /// The same, and the lease has been handed on.
    Delivered,
}

/// Where an output comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    Load,
    /// For as long as it may be kept.
    Tier(Option<Lifetime>),
}

impl Passage {
    /// Starts to ask the tier; false if the flight has its lease.
    pub(crate) fn ask(&self) -> bool {
        let mut stage = lock(&self.0);
        if matches!(*stage, Stage::Leased(_)) {
            return false;
        }
        *stage = Stage::Asks;
        true
    }

    pub(crate) fn set(&self, stage: Stage) {
        let before = mem::replace(&mut *lock(&self.0), stage);
        drop(before);
    }

    /// Whether a load has been started.
    pub(crate) fn loads(&self) -> bool {
        !matches!(*lock(&self.0), Stage::Asks | Stage::Found(_))
    }

    /// Where it has what it lands with from.
    pub(crate) fn found(&self) -> Origin {
        match &*lock(&self.0) {
            Stage::Found(lifetime) => Origin::Tier(*lifetime),
            _ => Origin::Load,
        }
    }

    /// Takes the lease.
    pub(crate) fn take_lease(&self) -> Option<Lease> {
        let mut stage = lock(&self.0);
        match mem::take(&mut *stage) {
            Stage::Leased(lease) => {
                *stage = Stage::Delivered;
                Some(lease)
            }
            other => {
                *stage = other;
                None
            }
        }
    }
}
