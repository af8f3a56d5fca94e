use stampede::stampede;

struct Site;

#[stampede(ttl = "5s")]
impl Site {
    async fn page(id: u64) -> String {
        id.to_string()
    }
}

fn main() {
    let _ = Site::page(1);
}
