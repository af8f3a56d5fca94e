use stampede::{stampede, tier::Redis};
use std::sync::LazyLock;

static REDIS: LazyLock<Redis> = LazyLock::new(|| Redis::connect("redis://127.0.0.1/").unwrap());

#[derive(Clone, PartialEq, Eq, Hash)]
struct Id(u64);

#[stampede(ttl = "5s", tier = &*REDIS)]
async fn page(id: Id, lang: &str) -> String {
    format!("{} {lang}", id.0)
}

fn main() {
    drop(page(Id(1), "en"));
}
