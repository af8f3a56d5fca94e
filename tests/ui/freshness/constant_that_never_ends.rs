use stampede::stampede;
use std::time::Duration;

const TTL: Duration = Duration::MAX;

#[stampede(ttl = TTL, jitter = 0.5)]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
