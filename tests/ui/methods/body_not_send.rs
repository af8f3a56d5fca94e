use stampede::stampede;

#[derive(Clone)]
struct Site {
    id: u64,
}

impl Site {
    #[stampede(ttl = "5s", skip(self))]
    async fn page(&self, id: u64) -> u64 {
        let shared = std::rc::Rc::new(id);
        tokio::task::yield_now().await;
        self.id + *shared
    }
}

fn main() {
    let _ = Site { id: 1 }.id;
}
