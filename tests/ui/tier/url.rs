use stampede::stampede;

#[stampede(ttl = "5s", tier = "redis://127.0.0.1/")]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    drop(page(1));
}
