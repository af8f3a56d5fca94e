use stampede::stampede;
use std::borrow::Cow;

#[stampede(skip(lang))]
async fn page(id: u64, lang: Cow<'_, str>) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page(1, Cow::Borrowed("en"));
}
