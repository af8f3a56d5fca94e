use stampede::stampede;
use std::borrow::Cow;

#[stampede(ttl = "5s", stale_while_revalidate = "5s", skip(name))]
fn page(id: u64, name: Cow<'_, str>) -> String {
    format!("{name} {id}")
}

fn main() {
    let _ = page(1, "".into());
}
