use stampede::{Cache, stampede};

struct Site {
    pages: Cache<u64, String>,
}

impl Site {
    #[stampede(cache = self.pages, capacity = 10, detach = false)]
    async fn page(&self, id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let site = Site { pages: Cache::builder().build() };
    let _ = site.page(1);
}
