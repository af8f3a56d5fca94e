use stampede::stampede;
use std::rc::Rc;

#[stampede(ttl = "5s")]
async fn page(id: u64, lang: Rc<str>) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page(1, Rc::from("en"));
}
