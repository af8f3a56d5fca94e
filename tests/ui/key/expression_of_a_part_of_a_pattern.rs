use stampede::stampede;

#[stampede(key: u64 = id + 1)]
async fn page((id, lang): (u64, String)) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page((1, String::new()));
}
