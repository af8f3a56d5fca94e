use stampede::stampede;
use std::error::Error;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> Result<u64, Box<dyn Error>> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
