use stampede::stampede;
use std::sync::Arc;

struct Site<C> {
    client: C,
}

impl<C: ToString + 'static> Site<C> {
    #[stampede(ttl = "5s", stale_while_revalidate = "5s", skip(self))]
    pub fn page(self: Arc<Self>, id: u64) -> String {
        self.client.to_string() + &id.to_string()
    }
}

fn main() {
    let _ = Arc::new(Site { client: 1 }).page(1);
}
