#![deny(unused_must_use)]

use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    page(1);
}
