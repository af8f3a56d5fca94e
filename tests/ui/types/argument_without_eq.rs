use stampede::stampede;

#[derive(Clone, Hash)]
struct Region(String);

#[stampede(ttl = "5s")]
async fn page(id: u64, region: Region) -> String {
    format!("{id} {}", region.0)
}

fn main() {
    let _ = page(1, Region(String::new()));
}
