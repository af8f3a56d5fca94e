use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page<const SIZE: usize>(id: u64) -> [u64; SIZE] {
    [id; SIZE]
}

fn main() {
    let _ = page::<1>(1);
}
