use stampede::stampede;

#[stampede(ttl = "5s", jitter = -0.5)]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
