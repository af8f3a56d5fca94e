use stampede::{Cache, stampede};

#[derive(Clone)]
struct Site {
    pages: Cache<u64, u64, String>,
}

impl Site {
    #[stampede(cache = self.pages)]
    async fn page(&self, id: u64) -> Result<u64, u8> {
        Ok(id)
    }
}

fn main() {
    let _ = Site { pages: Cache::builder().build() }.page(1);
}
