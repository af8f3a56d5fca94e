use stampede::stampede;
use std::cell::Cell;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> Cell<u64> {
    Cell::new(id)
}

fn main() {
    let _ = page(1);
}
