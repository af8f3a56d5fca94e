use stampede::stampede;

#[stampede(ttl = "5s")]
struct Page {
    id: u64,
}

fn main() {
    let _ = Page { id: 1 }.id;
}
