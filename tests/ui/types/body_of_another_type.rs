use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> String {
    id
}

fn main() {
    let _ = page(1);
}
