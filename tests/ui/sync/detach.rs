use stampede::stampede;

#[stampede(ttl = "5s", detach = false)]
fn page(id: u64) -> u64 {
    id
}

fn main() {
    page(1);
}
