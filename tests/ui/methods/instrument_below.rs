use stampede::stampede;

#[derive(Clone, Debug)]
struct Site {
    id: u64,
}

impl Site {
    #[stampede(ttl = "5s", skip(self))]
    #[tracing::instrument]
    async fn page(&self, id: u64) -> u64 {
        self.id + id
    }
}

fn main() {
    let _ = Site { id: 1 }.id;
}
