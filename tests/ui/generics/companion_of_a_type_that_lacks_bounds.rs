use stampede::{bounds::CacheKey, stampede};

struct Id;

#[stampede(ttl = "5s")]
async fn page<T: CacheKey>(id: T) -> u64 {
    let _ = id;
    1
}

fn main() {
    page::<Id>::clear();
}
