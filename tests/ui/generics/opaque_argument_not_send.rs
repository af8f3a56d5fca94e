use stampede::stampede;

#[stampede(ttl = "5s", key = id)]
async fn page(id: u64, db: impl ToString) -> String {
    format!("{id} {}", db.to_string())
}

fn main() {
    let _ = page(1, 2);
}
