use stampede::stampede;

type Answer = Result<u64, String>;

#[stampede(ttl = "5s", load_timeout = "1s")]
async fn page(id: u64) -> Answer {
    Ok(id)
}

fn main() {
    let _ = page(1);
}
