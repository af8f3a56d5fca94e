//! The groups of `async_singleflight`, which share loads and store nothing.

use super::Peer;
use crate::job::{Failure, Job, Outcome};
use async_singleflight::Group;
use std::{future::Future, pin::Pin, sync::LazyLock};

pub(super) struct Singleflight;

static JOBS: LazyLock<Group<Job, u64, Failure>> = LazyLock::new(Group::new);

impl Peer for Singleflight {
    fn name(&self) -> &'static str {
        "async_singleflight"
    }

    fn call(&self, job: Job) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        // Those who waited are told that the load failed, but not how.
        Box::pin(async move {
            JOBS.work(&job, job.perform()).await.map_err(|own| own.unwrap_or(Failure::UNKNOWN))
        })
    }

    fn allocations_of_a_hit(&self) -> Option<u64> {
        None
    }
}
