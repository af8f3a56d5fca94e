use stampede::stampede;

#[stampede(ttl = "5s", stale_if_error = "5s", err_ttl = "5s", load_timeout = "5s")]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    let _ = page(1);
}
