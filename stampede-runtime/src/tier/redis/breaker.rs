//! Whether the servers can be asked, as it is told to those who run the service: closed, open, half open while one is tried.
//!
//! The breaker itself is the state of the [`link`](super::link); this is its sign on the wall.
#![cfg_attr(
    not(feature = "tracing"),
    expect(unused_variables, clippy::if_same_then_else, clippy::unused_self)
)]

#[cfg(feature = "tracing")]
use super::super::journal::Rare;
use super::{
    super::journal::{tell, warn_rarely},
    servers::Servers,
};
use std::{
    fmt,
    sync::atomic::{
        AtomicBool, AtomicU64,
        Ordering::{Relaxed, SeqCst},
    },
};

/// What is known of the servers.
#[derive(Debug)]
pub(super) struct Breaker {
    /// Where they are.
    #[cfg_attr(not(feature = "tracing"), expect(dead_code))]
    servers: String,
    is_open: AtomicBool,
    is_up: AtomicBool,
    openings: AtomicU64,
    #[cfg(feature = "tracing")]
    warnings: Rare,
}

impl Breaker {
    pub(super) fn new(servers: &Servers) -> Self {
        Self {
            servers: servers.to_string(),
            is_open: AtomicBool::new(false),
            is_up: AtomicBool::new(false),
            openings: AtomicU64::new(0),
            #[cfg(feature = "tracing")]
            warnings: Rare::default(),
        }
    }

    /// Commands are not sent any more, or have never been.
    pub(super) fn opens(&self, error: &dyn fmt::Display) {
        self.is_up.store(false, SeqCst);
        if !self.is_open.swap(true, SeqCst) {
            self.openings.fetch_add(1, Relaxed);
            warn_rarely!(
                self.warnings,
                servers = %self.servers,
                %error,
                "the tier can't be reached; caches go on without it"
            );
        }
    }

    /// A connection is tried.
    pub(super) fn probes(&self) {
        tell!(DEBUG, servers = %self.servers, "the tier is tried");
    }

    /// Commands are sent again, or for the first time.
    pub(super) fn closes(&self) {
        self.is_up.store(true, SeqCst);
        if self.is_open.swap(false, SeqCst) {
            tell!(INFO, servers = %self.servers, "the tier is back");
        } else {
            tell!(DEBUG, servers = %self.servers, "the tier is connected");
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.is_up.load(SeqCst)
    }

    pub(super) fn openings(&self) -> u64 {
        self.openings.load(Relaxed)
    }
}
