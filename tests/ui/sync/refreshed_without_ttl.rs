use stampede::stampede;

#[stampede(stale_while_revalidate = "5s")]
fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
