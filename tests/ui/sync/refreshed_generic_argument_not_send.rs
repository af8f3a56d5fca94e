use stampede::stampede;

#[stampede(ttl = "5s", stale_while_revalidate = "5s", key = id)]
fn page<T: ToString>(id: u64, title: T) -> String {
    format!("{} {id}", title.to_string())
}

fn main() {
    let _ = page(1, 2);
}
