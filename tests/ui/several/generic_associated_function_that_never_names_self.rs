use stampede::{bounds::CacheKey, stampede};

struct Rates;

impl Rates {
    #[stampede(ttl = "5s")]
    fn rate<T: CacheKey>(id: T) -> T {
        id
    }
}

fn main() {
    let _ = Rates::rate(1);
}
