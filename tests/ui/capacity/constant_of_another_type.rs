use stampede::stampede;

const MOST: usize = 10;

#[stampede(ttl = "5s", capacity = MOST)]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    let _ = page(1);
}
