use stampede::{LoadTimeout, stampede};

#[stampede(ttl = "5s", load_timeout = "5s")]
fn page(id: u64) -> Result<String, LoadTimeout> {
    Ok(id.to_string())
}

fn main() {
    let _ = page(1);
}
