use stampede::stampede;
use std::hash::Hash;

#[stampede(ttl = "5s")]
async fn page<T: ToString + Hash + Eq + Clone>(id: T) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
