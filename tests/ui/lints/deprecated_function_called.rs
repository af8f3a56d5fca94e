#![deny(deprecated)]

use stampede::stampede;

#[stampede(ttl = "5s")]
#[deprecated(note = "use another one")]
fn page(id: u64) -> u64 {
    id
}

fn main() {
    let _ = page(1);
}
