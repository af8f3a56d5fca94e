use stampede::stampede;

struct Pool;

#[stampede(ttl = "5s", stale_while_revalidate = "5s", skip(_pool))]
fn page(id: u64, _pool: &Pool) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1, &Pool);
}
