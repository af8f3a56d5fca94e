use stampede::stampede;

#[stampede(ttl = "5s", none_ttl = "1s")]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
