use stampede::stampede;

#[stampede(key: (f64, String) = (price, lang))]
async fn page(price: f64, lang: &str) -> String {
    format!("{price} {lang}")
}

fn main() {
    let _ = page(1.0, "en");
}
