use stampede::stampede;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Lang<'a>(&'a str);

#[stampede(ttl = "5s")]
async fn page(id: u64, lang: Lang) -> String {
    format!("{id} {}", lang.0)
}

fn main() {
    let _ = page(1, Lang("en"));
}
