use stampede::stampede;

#[stampede(ttl = "5s")]
async fn quote(price: Option<&f64>) -> u64 {
    price.map_or(0, |price| *price as u64)
}

fn main() {
    let _ = quote(Some(&1.0));
}
