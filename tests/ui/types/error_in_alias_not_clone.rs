use stampede::stampede;
use std::io;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> io::Result<u64> {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
