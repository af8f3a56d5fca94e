use stampede::stampede;

struct Site;

impl Site {
    #[stampede(skip(self), ttl = "5s", stale_while_revalidate = "5s")]
    pub fn page(&self, id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let _ = Site.page(1);
}
