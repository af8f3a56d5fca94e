use stampede::{bounds::CacheKey, stampede};

struct Id;

#[stampede(ttl = "5s")]
fn page<T: CacheKey>(id: T) -> u64 {
    let _ = id;
    1
}

fn main() {
    let _ = page(Id);
}
