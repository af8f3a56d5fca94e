use stampede::stampede;

#[stampede(ttl = "5s")]
fn page(id: u64) -> String {
    id
}

fn main() {
    page(1);
}
