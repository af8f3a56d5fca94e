use stampede::stampede;

#[stampede(tier, ttl = "5s")]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    drop(page(1));
}
