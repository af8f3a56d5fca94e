use stampede::stampede;

#[stampede(ttl = "5s")]
async fn quote(prices: &[f32]) -> usize {
    prices.len()
}

fn main() {
    let _ = quote(&[1.0]);
}
