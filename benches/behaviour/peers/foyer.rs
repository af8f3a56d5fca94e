//! The cache in memory of foyer, which knows no ttl.

use super::{Peer, allocations};
use crate::job::{Failure, Job, Outcome};
use foyer_memory::{Cache, CacheBuilder};
use std::{convert::Infallible, future::Future, pin::Pin, sync::LazyLock};

pub(super) struct Foyer;

static JOBS: LazyLock<Cache<Job, u64>> = LazyLock::new(|| CacheBuilder::new(10_000).build());
static TEXTS: LazyLock<Cache<(u64, String), u64>> = LazyLock::new(|| CacheBuilder::new(10_000).build());

impl Peer for Foyer {
    fn name(&self) -> &'static str {
        "foyer"
    }

    fn call(&self, job: Job) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move {
            let fetched = JOBS.get_or_fetch(&job, move || job.perform()).await;
            fetched
                .map(|entry| *entry.value())
                .map_err(|error| error.downcast_ref().copied().unwrap_or(Failure::UNKNOWN))
        })
    }

    fn allocations_of_a_hit(&self) -> Option<u64> {
        let look_up = async |id, text: &'static str| {
            let load = move || async move { Ok::<_, Infallible>(id) };
            *TEXTS.get_or_fetch(&(id, text.to_owned()), load).await.expect("no load fails").value()
        };
        Some(allocations(look_up))
    }
}
