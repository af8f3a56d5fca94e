use stampede::{bounds::CacheOutput, stampede, tier::Redis};
use std::sync::LazyLock;

static REDIS: LazyLock<Redis> = LazyLock::new(|| Redis::connect("redis://127.0.0.1/").unwrap());

#[stampede(ttl = "5s", tier = &*REDIS)]
async fn page<T: CacheOutput + Default>(id: u64) -> T {
    let _ = id;
    T::default()
}

fn main() {
    drop(page::<u64>(1));
}
