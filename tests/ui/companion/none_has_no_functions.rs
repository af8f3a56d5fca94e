use stampede::stampede;

#[stampede(companion = none)]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
    page::clear();
}
