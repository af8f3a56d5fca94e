use stampede::stampede;

#[derive(Clone)]
struct Site {
    id: u64,
}

impl Site {
    #[stampede(ttl = "5s")]
    async fn page(id: u64) -> Self {
        Self { id }
    }
}

fn main() {
    let _ = Site { id: 1 }.id;
}
