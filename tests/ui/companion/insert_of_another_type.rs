use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(id: u64) -> Result<String, String> {
    Ok(id.to_string())
}

fn main() {
    let _ = page(1);
    page::insert(1, 2);
}
