use stampede::{Cache, stampede};

struct Site {
    pages: Cache<u64, String>,
}

impl Site {
    #[stampede(cache = self.pages, stale_while_revalidate = "5s")]
    fn page(&self, id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let site = Site { pages: Cache::builder().build() };
    let _ = site.page(1);
}
