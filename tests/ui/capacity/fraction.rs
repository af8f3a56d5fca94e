use stampede::stampede;

#[stampede(ttl = "5s", capacity = 1.5)]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    let _ = page(1);
}
