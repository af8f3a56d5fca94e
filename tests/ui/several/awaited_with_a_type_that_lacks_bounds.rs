use stampede::bounds::CacheKey;

struct Id;

#[stampede::stampede(ttl = "5s")]
async fn page<T: CacheKey>(id: T) -> u64 {
    let _ = id;
    1
}

async fn caller() -> u64 {
    page(Id).await
}

fn main() {
    let _ = caller();
}
