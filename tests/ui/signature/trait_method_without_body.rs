use stampede::stampede;

trait Site {
    #[stampede(ttl = "5s")]
    fn page(id: u64) -> impl Future<Output = String>;
}

struct Home;

impl Site for Home {
    async fn page(id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let _ = Home::page(1);
}
