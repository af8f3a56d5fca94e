use stampede::stampede;

#[stampede(ttl = "5s", err_ttl = "1s")]
async fn page(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {
    let _ = page(1);
}
