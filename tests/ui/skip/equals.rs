use stampede::stampede;

#[stampede(skip = lang)]
async fn page(id: u64, lang: &str) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page(1, "en");
}
