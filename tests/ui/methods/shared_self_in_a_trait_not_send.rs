use stampede::stampede;
use std::sync::Arc;

struct Site<C> {
    client: C,
}

trait Pages {
    fn page(self: Arc<Self>, id: u64) -> impl Future<Output = String>;
}

impl<C: ToString + 'static> Pages for Site<C> {
    #[stampede(ttl = "5s", key: u64 = id)]
    async fn page(self: Arc<Self>, id: u64) -> String {
        self.client.to_string() + &id.to_string()
    }
}

fn main() {
    let _ = Arc::new(Site { client: 1 }).page(1);
}
