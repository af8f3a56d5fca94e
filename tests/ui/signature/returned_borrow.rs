use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(lang: &str) -> &str {
    lang
}

fn main() {
    let _ = page("en");
}
