use stampede::stampede;
use std::time::Duration;

const TTL: Duration = Duration::ZERO;

#[stampede(ttl = TTL, stale_if_error = "5s")]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
