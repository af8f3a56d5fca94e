use stampede::stampede;

#[stampede(ttl = "5s", load_timeout = "1s")]
async fn parse<T: Clone + Send + Sync + std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| text.to_owned())
}

fn main() {
    let _ = parse::<u8>("1");
}
