use stampede::{stampede, tier::Redis};
use std::sync::LazyLock;

static REDIS: LazyLock<Redis> = LazyLock::new(|| Redis::connect("redis://127.0.0.1/").unwrap());

#[stampede(ttl = "5s", tier = &*REDIS, strict = true)]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    drop(page(1));
}
