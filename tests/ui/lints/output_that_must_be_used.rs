#![deny(unused_must_use)]

use stampede::stampede;

struct Site;

impl Site {
    #[stampede(ttl = "5s", skip(self))]
    #[must_use = "it costs"]
    fn page(&self, id: u64) -> u64 {
        id
    }
}

fn main() {
    Site.page(1);
}
