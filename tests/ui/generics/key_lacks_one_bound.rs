use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page<T: ToString + Eq + Clone + Send + Sync>(id: T) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
