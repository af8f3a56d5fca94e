use stampede::stampede;

#[derive(Clone)]
struct Site<K>(K);

impl<K: Clone + Send + Sync> Site<K> {
    #[stampede(ttl = "5s", skip(self))]
    async fn page(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Site(1).page(1);
}
