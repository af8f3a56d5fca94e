use stampede::stampede;

#[stampede(ttl = "30s 1m")]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
