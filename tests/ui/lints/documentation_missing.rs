#![deny(missing_docs)]
//! A site.

use stampede::stampede;

#[stampede(ttl = "5s")]
pub async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
