use stampede::stampede;

#[derive(Clone, PartialEq, Eq)]
struct Region(String);

#[stampede(ttl = "5s")]
async fn page<T: Default + Clone + Send + Sync>(region: &Region) -> T {
    let _ = region;
    T::default()
}

fn main() {
    let _ = page::<u8>(&Region(String::new()));
}
