use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> [u8] {
    panic!("no page {id}")
}

fn main() {}
