use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page<'a>(lang: &'a str) -> Result<Option<&'a str>, String> {
    Ok(Some(lang))
}

fn main() {
    let _ = page("en");
}
