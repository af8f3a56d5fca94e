use stampede::stampede;

#[stampede(ttl_from = "ttl_of")]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
