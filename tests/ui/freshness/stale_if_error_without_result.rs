use stampede::stampede;

#[stampede(ttl = "5s", stale_if_error = "1h")]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    let _ = page(1);
}
