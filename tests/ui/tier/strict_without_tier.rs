use stampede::{stampede, tier::TierError};

#[stampede(ttl = "5s", strict = true)]
async fn page(id: u64) -> Result<u64, TierError> {
    Ok(id)
}

fn main() {
    drop(page(1));
}
