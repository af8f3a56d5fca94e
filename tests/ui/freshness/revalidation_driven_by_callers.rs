use stampede::stampede;

#[stampede(ttl = "5s", stale_while_revalidate = "5s", detach = false)]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
