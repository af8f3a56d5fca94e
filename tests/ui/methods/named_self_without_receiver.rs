use stampede::stampede;

#[derive(Clone)]
struct Site {
    id: u64,
}

impl Site {
    #[stampede(ttl = "5s", skip(self), companion = none)]
    async fn page(id: u64) -> u64 {
        id
    }
}

fn main() {
    let _ = Site { id: 1 }.id;
}
