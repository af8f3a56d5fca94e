use stampede::stampede;

struct Pages;

#[stampede(companion = Pages)]
async fn page(id: u64) -> String {
    id.to_string()
}

fn main() {
    let _ = page(1);
    let _ = Pages;
}
