//! The future cache of moka.

use super::{Peer, allocations};
use crate::job::{Job, Outcome};
use moka::future::Cache;
use std::{future::Future, hash::Hash, pin::Pin, sync::LazyLock, time::Duration};

pub(super) struct Moka;

static JOBS: LazyLock<Cache<Job, u64>> = LazyLock::new(build);
static TEXTS: LazyLock<Cache<(u64, String), u64>> = LazyLock::new(build);

fn build<K: Hash + Eq + Send + Sync + 'static>() -> Cache<K, u64> {
    Cache::builder().max_capacity(10_000).time_to_live(Duration::from_mins(1)).build()
}

impl Peer for Moka {
    fn name(&self) -> &'static str {
        "moka"
    }

    fn call(&self, job: Job) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move { JOBS.try_get_with(job, job.perform()).await.map_err(|failure| *failure) })
    }

    fn allocations_of_a_hit(&self) -> Option<u64> {
        let look_up = |id, text: &'static str| TEXTS.get_with((id, text.to_owned()), async move { id });
        Some(allocations(look_up))
    }
}
