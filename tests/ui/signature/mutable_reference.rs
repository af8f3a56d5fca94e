use stampede::stampede;

#[stampede(ttl = "5s")]
async fn page(id: u64, visits: &mut u64) -> String {
    *visits += 1;
    id.to_string()
}

fn main() {
    let _ = page(1, &mut 0);
}
