use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page<T: Default + Send + Sync>(id: u64) -> Result<T, String> {
    let _ = id;
    Ok(T::default())
}

fn main() {
    let _ = page::<u8>(1);
}
