use stampede::stampede;

#[stampede(detach = "no")]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
