use stampede::stampede;

#[derive(Clone, PartialEq, Eq)]
struct Id(u64);

#[derive(Clone)]
struct Site;

impl Site {
    #[stampede(ttl = "5s", skip(self))]
    async fn page(&self, id: Option<&Id>) -> Option<u64> {
        id.map(|id| id.0)
    }
}

fn main() {
    let _ = Site.page(None);
}
