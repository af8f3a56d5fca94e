use stampede::stampede;

#[stampede(ttl = "5s", tier = 7_u8.max(6))]
async fn page(id: u64) -> u64 {
    id
}

fn main() {
    drop(page(1));
}
