use stampede::{Cache, stampede};
use std::sync::LazyLock;

static PAGES: LazyLock<Cache<u64, u64>> = LazyLock::new(|| Cache::builder().build());

#[stampede(cache = PAGES, strict = true)]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    let _ = &PAGES;
    drop(page(1));
}
