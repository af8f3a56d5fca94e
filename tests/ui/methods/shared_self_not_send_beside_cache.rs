use stampede::{Cache, stampede};
use std::sync::Arc;

struct Site<C> {
    client: C,
    pages: Cache<u64, String>,
}

impl<C: ToString + Send + 'static> Site<C> {
    #[stampede(cache = self.pages)]
    pub async fn page(self: Arc<Self>, id: u64) -> String {
        self.client.to_string() + &id.to_string()
    }
}

fn main() {
    let _ = Arc::new(Site { client: 1, pages: Cache::builder().build() }).page(1);
}
