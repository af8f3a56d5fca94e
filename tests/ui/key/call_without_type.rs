use stampede::stampede;

#[stampede(key = lang.to_lowercase())]
async fn page(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page(1, "en");
}
