use stampede::stampede;

#[derive(PartialEq, Eq, Hash)]
struct Id(u64);

#[derive(Clone)]
struct Site;

impl Site {
    #[stampede(ttl = "5s", skip(self))]
    pub async fn page(&self, id: &Id) -> u64 {
        id.0
    }
}

fn main() {
    let _ = Site.page(&Id(1));
}
