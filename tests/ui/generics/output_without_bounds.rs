use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page<T: Default>(id: u64) -> Option<T> {
    let _ = id;
    Some(T::default())
}

fn main() {
    let _ = page::<u8>(1);
}
