use stampede::stampede;

#[derive(Clone)]
struct Site {
    id: u64,
}

impl Site {
    #[stampede(ttl = "5s", skip(self))]
    async fn page(&mut self, id: u64) -> u64 {
        self.id += id;
        self.id
    }
}

fn main() {
    let _ = Site { id: 1 }.id;
}
