use stampede::stampede;

#[stampede(skip(db))]
async fn page(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page(1, "en");
}
