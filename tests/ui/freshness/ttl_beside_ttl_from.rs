use stampede::stampede;
use std::time::Duration;

fn ttl_of(_: &u64) -> Duration {
    Duration::MAX
}

#[stampede(ttl = "5s", ttl_from = ttl_of)]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
