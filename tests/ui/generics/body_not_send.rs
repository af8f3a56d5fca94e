use stampede::stampede;
use std::rc::Rc;

async fn pause() {}

#[stampede(ttl = "5s")]
async fn page<T: Default + Clone + Send + Sync>(id: u64) -> T {
    let shared = Rc::new(id);
    pause().await;
    drop(shared);
    T::default()
}

fn main() {
    let _ = page::<u8>(1);
}
