use stampede::stampede;

#[stampede(key = id)]
async fn page() -> String {
    String::new()
}

fn main() {
    let _ = page();
}
