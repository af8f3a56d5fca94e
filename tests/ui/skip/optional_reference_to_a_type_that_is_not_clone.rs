use stampede::stampede;

struct Database;

#[stampede(skip(database))]
async fn page(id: u64, database: Option<&Database>) -> String {
    format!("{id} {}", database.is_some())
}

fn main() {
    let _ = page(1, Some(&Database));
}
