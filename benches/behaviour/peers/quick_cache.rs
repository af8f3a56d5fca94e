//! The cache of `quick_cache`, which knows no ttl.

use super::{Peer, allocations};
use crate::job::{Job, Outcome};
use quick_cache::sync::Cache;
use std::{convert::Infallible, future::Future, pin::Pin, sync::LazyLock};

pub(super) struct QuickCache;

static JOBS: LazyLock<Cache<Job, u64>> = LazyLock::new(|| Cache::new(10_000));
static TEXTS: LazyLock<Cache<(u64, String), u64>> = LazyLock::new(|| Cache::new(10_000));

impl Peer for QuickCache {
    fn name(&self) -> &'static str {
        "quick_cache"
    }

    fn call(&self, job: Job) -> Pin<Box<dyn Future<Output = Outcome> + Send>> {
        Box::pin(async move { JOBS.get_or_insert_async(&job, job.perform()).await })
    }

    fn allocations_of_a_hit(&self) -> Option<u64> {
        let look_up = async |id, text: &'static str| {
            let load = async { Ok::<_, Infallible>(id) };
            TEXTS.get_or_insert_async(&(id, text.to_owned()), load).await
        };
        Some(allocations(look_up))
    }
}
