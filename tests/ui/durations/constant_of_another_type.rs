use stampede::stampede;

const TTL: u64 = 5;

#[stampede(ttl = TTL)]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
