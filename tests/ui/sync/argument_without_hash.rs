use stampede::stampede;

#[stampede(ttl = "5s")]
fn page(at: f64) -> f64 {
    at
}

fn main() {
    page(1.0);
}
