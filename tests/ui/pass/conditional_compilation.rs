//! Functions that are not there, and two of which one is.

use stampede::stampede;

#[stampede(ttl = "1m")]
#[cfg(any())]
async fn absent(id: Nowhere) -> Nowhere {
    id
}

#[cfg(any())]
#[stampede(ttl = "1m")]
async fn absent(id: Nowhere) -> Nowhere {
    id
}

#[stampede(ttl = "1m")]
#[cfg(all())]
async fn page(id: u8) -> u8 {
    id
}

#[stampede(ttl = "2m")]
#[cfg(not(all()))]
async fn page(id: u16) -> u16 {
    id
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(1).await, 1);
    assert!(page::invalidate(&1));
}
