use stampede::stampede;

#[derive(Clone)]
struct Site<K>(K);

impl<K: Clone + Send + Sync + 'static> Site<K> {
    #[stampede(ttl = "5s", skip(self))]
    async fn page(&self, id: K) -> u64 {
        let _ = id;
        1
    }
}

fn main() {
    let _ = Site(1).page(1);
}
