#![deny(non_snake_case)]

use stampede::stampede;

#[stampede(ttl = "5s")]
async fn homePage(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = homePage(1);
}
