//! What the companion offers.

use stampede::{FnCache, Stats, stampede};

#[stampede(ttl = "1m")]
async fn page(id: u64, lang: &str) -> Result<String, String> {
    if id > 0 { Ok(format!("{id} {lang}")) } else { Err("no page".to_owned()) }
}

#[stampede(ttl = "1m")]
async fn plain(id: u64) -> u64 {
    id
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page::peek(&1, "en"), None);
    assert_eq!(page::refresh(1, "en").await.as_deref(), Ok("1 en"));
    assert_eq!(page::uncached(0, "en").await.unwrap_err(), "no page");
    assert_eq!(page::peek(&1, "en"), Some(Ok("1 en".to_owned())));
    page::insert(1, "en", "bare".to_owned());
    assert_eq!(page(1, "en").await.as_deref(), Ok("bare"));
    page::insert(1, "en", Ok("whole".to_owned()));
    assert_eq!(page(1, "en").await.as_deref(), Ok("whole"));
    assert!(page::invalidate(&1, "en"));
    page::insert(2, "en", "two".to_owned());
    page::clear();
    let stats: Stats = page::stats();
    assert_eq!(stats.hits, 2);
    let cache: &'static FnCache<(u64, String), Result<String, String>> = page::cache();
    assert!(cache.is_empty());
    plain::insert(1, 2);
    assert_eq!(plain(1).await, 2);
}
