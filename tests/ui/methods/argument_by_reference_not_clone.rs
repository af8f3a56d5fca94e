use stampede::stampede;

#[derive(Clone)]
struct Site {
    id: u64,
}

impl Site {
    #[stampede(ttl = "5s", skip(self, db))]
    async fn page(&self, db: &std::sync::Mutex<u8>) -> u64 {
        let _ = db;
        self.id
    }
}

fn main() {
    let _ = Site { id: 1 }.id;
}
