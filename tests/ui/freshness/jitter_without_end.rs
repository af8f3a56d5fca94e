use stampede::stampede;

#[stampede(ttl = "forever", jitter = 0.1)]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
