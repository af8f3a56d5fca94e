use stampede::stampede;
use std::rc::Rc;

async fn pause() {}

#[stampede(ttl = "5s")]
async fn page(id: u64) -> String {
    let shared = Rc::new(id);
    pause().await;
    shared.to_string()
}

fn main() {
    let _ = page(1);
}
