use stampede::{
    bounds::{CacheOutput, TierOutput},
    stampede,
    tier::Redis,
};
use std::sync::LazyLock;

static REDIS: LazyLock<Redis> = LazyLock::new(|| Redis::connect("redis://127.0.0.1/").unwrap());

#[stampede(ttl = "5s", tier = &*REDIS, strict = true)]
async fn page<E: CacheOutput + TierOutput>(id: u64) -> Result<u64, E> {
    Ok(id)
}

fn main() {
    drop(page::<String>(1));
}
