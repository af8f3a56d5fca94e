use stampede::stampede;

struct Database;

#[stampede(skip(database))]
async fn page(id: u64, database: &Database) -> String {
    let Database = database;
    id.to_string()
}

fn main() {
    let _ = page(1, &Database);
}
