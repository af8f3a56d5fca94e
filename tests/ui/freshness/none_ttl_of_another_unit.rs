use stampede::stampede;

#[stampede(ttl = "5s", none_ttl = "1 sec")]
async fn page(id: u64) -> Option<u64> {
    Some(id)
}

fn main() {
    let _ = page(1);
}
