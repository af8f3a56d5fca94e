use stampede::stampede;

struct Page;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> Page {
    drop(id);
    Page
}

fn main() {
    let _ = page(1);
}
