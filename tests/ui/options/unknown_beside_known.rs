use stampede::stampede;

#[stampede(ttl = "5s", max_age(1, 2), skip(lang))]
async fn page(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page(1, "en");
}
