use stampede::{stampede, tier::Redis};
use std::sync::LazyLock;

static REDIS: LazyLock<Redis> = LazyLock::new(|| Redis::connect("redis://127.0.0.1/").unwrap());

#[stampede(tier = &*REDIS)]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    let _ = &REDIS;
    drop(page(1));
}
