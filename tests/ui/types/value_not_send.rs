use stampede::stampede;
use std::rc::Rc;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> Rc<String> {
    Rc::new(id.to_string())
}

fn main() {
    let _ = page(1);
}
