use stampede::stampede;

#[derive(Clone)]
struct Site {
    id: u64,
}

impl Site {
    #[stampede(ttl = "5s", skip(self))]
    async fn page(&self, id: u64) -> String {
        self.id + id
    }
}

fn main() {
    let _ = Site { id: 1 }.id;
}
