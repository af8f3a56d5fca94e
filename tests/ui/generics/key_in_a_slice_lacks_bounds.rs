use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page<T: ToString + Clone + Send + Sync>(ids: &[T]) -> String {
    ids[0].to_string()
}

fn main() {
    let _ = page(&[1]);
}
