#![deny(unused_variables)]

use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(id: u64, lang: &str) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1, "en");
}
