use stampede::stampede;

struct Page;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> Result<Page, String> {
    Err(id.to_string())
}

fn main() {
    let _ = page(1);
}
