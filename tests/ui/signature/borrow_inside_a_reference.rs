use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(langs: &[&str]) -> String {
    langs.concat()
}

fn main() {
    let _ = page(&["en"]);
}
