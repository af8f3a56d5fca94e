use stampede::stampede;

#[derive(Clone)]
struct Site;

impl Site {
    #[stampede(skip(self), ttl = "5s", none_ttl = "1s")]
    pub async fn page(&self, id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let _ = Site.page(1);
}
