use stampede::stampede;

#[stampede(key: f64 = price)]
async fn page(price: f64, lang: &str) -> String {
    format!("{price} {lang}")
}

fn main() {
    let _ = page(1.0, "en");
}
