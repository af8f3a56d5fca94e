//! `#[cached]` of the crate `cached`, which calls equal ones one after another.

use super::{Peer, allocations};
use crate::job::{Failure, Job, Outcome};
use cached::macros::cached;
use std::{
    future::{Future, ready},
    pin::Pin,
};

pub(super) struct ByKey;

// No alias: the attribute would not see that this is a `Result`, and would store errors.
#[cached(ttl_secs = 60, sync_writes = "by_key")]
async fn perform(job: Job) -> Result<u64, Failure> {
    job.perform().await
}

#[cached(ttl_secs = 60, sync_writes = "by_key", key = "(u64, String)", convert = { (id, text.to_owned()) })]
async fn look_up(id: u64, text: &str) -> u64 {
    ready(id + text.len() as u64).await
}

impl Peer for ByKey {
    fn name(&self) -> &'static str {
        "cached by_key"
    }

    fn call(&self, job: Job) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(perform(job))
    }

    fn allocations_of_a_hit(&self) -> Option<u64> {
        Some(allocations(look_up))
    }
}
