use stampede::bounds::CacheKey;

#[derive(Clone)]
struct Site;

impl Site {
    // Not annotated.
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
