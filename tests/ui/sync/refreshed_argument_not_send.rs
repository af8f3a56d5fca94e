use stampede::stampede;
use std::rc::Rc;

#[stampede(ttl = "5s", stale_while_revalidate = "5s", skip(names))]
fn page(id: u64, names: Rc<str>) -> String {
    format!("{names} {id}")
}

fn main() {
    let _ = page(1, "".into());
}
