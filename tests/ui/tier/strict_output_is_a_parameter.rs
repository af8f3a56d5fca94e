use stampede::{
    bounds::{CacheOutput, TierOutput},
    stampede,
    tier::Redis,
};
use std::sync::LazyLock;

static REDIS: LazyLock<Redis> = LazyLock::new(|| Redis::connect("redis://127.0.0.1/").unwrap());

#[stampede(ttl = "5s", tier = &*REDIS, strict = true)]
async fn page<T: CacheOutput + TierOutput + Default>(id: u64) -> T {
    let _ = id;
    T::default()
}

fn main() {
    let _ = &REDIS;
    drop(page::<u64>(1));
}
