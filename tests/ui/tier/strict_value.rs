use stampede::stampede;

#[stampede(ttl = "5s", strict = "yes")]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    drop(page(1));
}
