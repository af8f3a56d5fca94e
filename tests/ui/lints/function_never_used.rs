#![deny(dead_code)]

use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {}
