use stampede::stampede;
use std::{sync::LazyLock, time::Duration};

static TTL: LazyLock<Duration> = LazyLock::new(|| Duration::from_secs(5));

#[stampede(ttl = TTL)]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
