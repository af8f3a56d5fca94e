use stampede::stampede;

#[stampede(ttl = "300000000000000000d")]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
