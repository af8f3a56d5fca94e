use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(id: u64, #[cfg(unix)] lang: String) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page(1, "en".to_owned());
}
