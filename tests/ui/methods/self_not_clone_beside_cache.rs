use stampede::{Cache, stampede};

struct Site {
    pages: Cache<u64, u64>,
}

impl Site {
    #[stampede(cache = self.pages)]
    async fn page(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Site { pages: Cache::builder().build() }.page(1);
}
