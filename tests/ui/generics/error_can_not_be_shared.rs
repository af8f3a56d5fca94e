use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page<T: Default + Clone + Send + Sync>(id: u64) -> std::io::Result<T> {
    let _ = id;
    Ok(T::default())
}

fn main() {
    let _ = page::<u8>(1);
}
