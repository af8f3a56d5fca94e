use stampede::stampede;

#[stampede(crate = "stampede")]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
