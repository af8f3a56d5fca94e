use stampede::stampede;

#[stampede(ttl = "5s")]
async fn quote(price: &f64) -> u64 {
    *price as u64
}

fn main() {
    let _ = quote(&1.0);
}
