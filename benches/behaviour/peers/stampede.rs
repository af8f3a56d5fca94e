//! `#[stampede]`.

use super::{Peer, allocations};
use crate::job::{Job, Outcome};
use stampede::stampede;
use std::{
    future::{Future, ready},
    pin::Pin,
};

pub(super) struct Stampede;

#[stampede(ttl = "60s")]
async fn perform(job: Job) -> Outcome {
    job.perform().await
}

#[stampede(ttl = "60s")]
async fn look_up(id: u64, text: &str) -> u64 {
    ready(id + text.len() as u64).await
}

impl Peer for Stampede {
    fn name(&self) -> &'static str {
        "stampede"
    }

    fn call(&self, job: Job) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(perform(job))
    }

    fn allocations_of_a_hit(&self) -> Option<u64> {
        Some(allocations(look_up))
    }
}
