use stampede::stampede;

#[stampede(tll = "5s")]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
}
