use stampede::stampede;

struct Page;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> Option<Page> {
    (id > 0).then_some(Page)
}

fn main() {
    let _ = page(1);
}
