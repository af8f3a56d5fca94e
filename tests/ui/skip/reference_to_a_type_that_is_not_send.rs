use stampede::stampede;
use std::rc::Rc;

#[stampede(skip(names))]
async fn page(id: u64, names: &Rc<str>) -> String {
    format!("{id} {names}")
}

fn main() {
    let _ = page(1, &Rc::from("en"));
}
