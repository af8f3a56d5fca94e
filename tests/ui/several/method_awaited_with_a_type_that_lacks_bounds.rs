use stampede::bounds::CacheKey;

#[derive(Clone)]
struct Site;

impl Site {
    #[stampede::stampede(ttl = "5s", skip(self))]
    async fn page<T: CacheKey>(&self, id: T) -> u64 {
        let _ = id;
        1
    }
}

async fn caller() -> u64 {
    Site.page(1.5).await
}

fn main() {
    let _ = caller();
}
