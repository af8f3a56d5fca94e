use stampede::stampede;

struct Site;

impl Site {
    #[stampede(ttl = "5s")]
    async fn page(&self, id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let _ = Site.page(1);
}
