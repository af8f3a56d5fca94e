use stampede::{stampede, tier::Redis};
use std::sync::LazyLock;

static REDIS: LazyLock<Redis> = LazyLock::new(|| Redis::connect("redis://127.0.0.1/").unwrap());

#[derive(Clone)]
struct Page;

#[stampede(ttl = "5s", tier = &*REDIS)]
async fn page(id: u64) -> Result<Page, String> {
    let _ = id;
    Ok(Page)
}

fn main() {
    drop(page(1));
}
