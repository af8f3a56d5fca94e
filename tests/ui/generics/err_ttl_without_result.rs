use stampede::stampede;

#[stampede(ttl = "5s", err_ttl = "1s")]
async fn parse<T: Clone + Send + Sync + std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

fn main() {
    let _ = parse::<u8>("1");
}
