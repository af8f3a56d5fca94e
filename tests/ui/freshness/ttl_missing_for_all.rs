use stampede::stampede;

#[stampede(stale_while_revalidate = "5s", stale_if_error = "5s", jitter = 0.5)]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
