use stampede::stampede;

#[stampede(stale_while_revalidate = "5s", detach = false)]
async fn page(id: u64) -> Result<u64, String> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
