use stampede::stampede;

#[stampede(ttl = std::time::Duration::from_secs(5))]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
