use stampede::stampede;

struct Rates;

impl Rates {
    #[stampede(ttl = "5s")]
    pub async fn rate(id: u64, to: &str) -> Result<u64, String> {
        if to.is_empty() { Err(to.to_owned()) } else { Ok(id) }
    }
}

fn main() {
    let _ = Rates::rate(1, "USD");
}
