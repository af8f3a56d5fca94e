use stampede::stampede;

#[stampede(key = id)]
async fn page((id, lang): (u64, String)) -> String {
    format!("{id} {lang}")
}

fn main() {
    let _ = page((1, String::new()));
}
