use stampede::{Cache, stampede, tier::Redis};
use std::sync::LazyLock;

static REDIS: LazyLock<Redis> = LazyLock::new(|| Redis::connect("redis://127.0.0.1/").unwrap());
static PAGES: LazyLock<Cache<u64, u64>> = LazyLock::new(|| Cache::builder().build());

#[stampede(cache = PAGES, tier = &*REDIS)]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    let _ = (&REDIS, &PAGES);
    drop(page(1));
}
