use stampede::stampede;

#[stampede(ttl = "5s")]
async fn quote(prices: Vec<f32>) -> usize {
    prices.len()
}

fn main() {
    let _ = quote(vec![1.0]);
}
