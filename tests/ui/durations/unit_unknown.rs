use stampede::stampede;

#[stampede(ttl = "5 parsecs")]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
