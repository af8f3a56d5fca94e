use stampede::stampede;

struct Site;

impl Site {
    #[stampede(ttl = "5s")]
    async fn page(self: Box<Self>, id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let _ = Box::new(Site).page(1);
}
