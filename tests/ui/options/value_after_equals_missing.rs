use stampede::stampede;

#[stampede(ttl = )]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
