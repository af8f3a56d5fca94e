use stampede::stampede;

#[stampede(key = (id, price))]
async fn quote(id: u64, price: f64, lang: &str) -> String {
    format!("{id} {price} {lang}")
}

fn main() {
    let _ = quote(1, 1.0, "en");
}
