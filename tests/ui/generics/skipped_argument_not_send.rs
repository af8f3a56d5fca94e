use stampede::stampede;

#[stampede(ttl = "5s", skip(db))]
async fn page<D: ToString>(id: u64, db: D) -> String {
    format!("{id} {}", db.to_string())
}

fn main() {
    let _ = page(1, 2);
}
