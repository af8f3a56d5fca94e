use stampede::{bounds::CacheOutput, stampede};

struct Page;

impl From<u64> for Page {
    fn from(_: u64) -> Self {
        Self
    }
}

#[stampede(ttl = "5s")]
fn page<T: CacheOutput + From<u64>>(id: u64) -> T {
    T::from(id)
}

fn main() {
    let _ = page::<Page>(1);
}
