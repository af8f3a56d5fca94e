use stampede::stampede;

#[stampede(key: (u64, String) = (id, lang, 1))]
async fn page(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page(1, "en");
}
