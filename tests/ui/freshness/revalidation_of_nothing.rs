use stampede::stampede;

#[stampede(ttl = "0s", stale_while_revalidate = "5s")]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
