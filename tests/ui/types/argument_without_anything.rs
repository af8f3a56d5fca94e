use stampede::stampede;

struct Region(String);

#[stampede(ttl = "5s")]
async fn page(region: &Region) -> String {
    region.0.clone()
}

fn main() {
    let _ = page(&Region(String::new()));
}
