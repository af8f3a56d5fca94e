use stampede::stampede;

struct Failure;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> Result<u64, Failure> {
    id.checked_add(1).ok_or(Failure)
}

fn main() {
    let _ = page(1);
}
