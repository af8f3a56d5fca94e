//! The raw cache, and the list of all caches.

use stampede::{AnyCache, Cache, Equivalent, ToKey, caches, stampede};
use stampede_tests::{soon, unique};
use std::{borrow::Cow, sync::Arc, time::Duration};

const TTL: Duration = Duration::from_secs(60);

#[tokio::test]
async fn keys_are_given_by_value_or_in_any_form_that_equals_them() {
    let cache: Cache<String, u8> = Cache::builder().ttl(TTL).build();
    assert_eq!(cache.get("a", || async { 1 }).await, 1);
    assert_eq!(cache.get("a".to_owned(), || async { 2 }).await, 1);
    assert_eq!(cache.get(&"a".to_owned(), || async { 3 }).await, 1);
    assert_eq!(cache.get(&*Cow::Borrowed("a"), || async { 4 }).await, 1);
    let by_static: Cache<&'static str, u8> = Cache::builder().ttl(TTL).build();
    assert_eq!(by_static.get("a", || async { 1 }).await, 1);
    assert_eq!(by_static.get(&"a", || async { 2 }).await, 1);
}

/// Two parts of a key, borrowed.
#[derive(Hash)]
struct Parts<'a>(u64, &'a str);

impl Equivalent<(u64, String)> for Parts<'_> {
    fn equivalent(&self, key: &(u64, String)) -> bool {
        (self.0, self.1) == (key.0, key.1.as_str())
    }
}

impl ToKey<(u64, String)> for Parts<'_> {
    fn to_key(&self) -> (u64, String) {
        (self.0, self.1.to_owned())
    }
}

#[tokio::test]
async fn a_key_of_parts_is_looked_up_by_a_view_of_them() {
    let cache: Cache<(u64, String), u8> = Cache::builder().ttl(TTL).build();
    assert_eq!(cache.get(&Parts(1, "a"), || async { 1 }).await, 1);
    assert_eq!(cache.get((1, "a".to_owned()), || async { 2 }).await, 1);
    assert_eq!(cache.peek(&Parts(1, "a")), Some(1));
    assert!(cache.invalidate(&Parts(1, "a")));
    assert_eq!(cache.peek(&Parts(1, "b")), None);
}

#[tokio::test]
async fn errors_are_returned_and_not_stored() {
    let cache: Cache<u8, u8, String> = Cache::builder().ttl(TTL).build();
    assert_eq!(cache.try_get(1, || async { Err("no".to_owned()) }).await, Err("no".to_owned()));
    assert!(cache.is_empty());
    assert_eq!(cache.try_get(1, || async { Ok(1) }).await, Ok(1));
    assert_eq!(cache.try_get_fresh(1, || async { Err("no".to_owned()) }).await, Err("no".to_owned()));
    assert_eq!(cache.try_get(1, || async { unreachable!("it is stored") }).await, Ok(1));
    assert_eq!(cache.try_get_fresh(1, || async { Ok(2) }).await, Ok(2));
    assert_eq!(cache.peek(&1), Some(2));
}

#[tokio::test]
async fn clones_share_the_cache() {
    let cache: Cache<u8, u8> = Cache::builder().ttl(TTL).build();
    cache.clone().insert(1, 1);
    assert_eq!(cache.get_fresh(1, || async { 2 }).await, 2);
    assert_eq!(cache.clone().peek(&1), Some(2));
}

/// The caches of this name.
fn named(name: &str) -> Vec<AnyCache> {
    caches().into_iter().filter(|cache| cache.name() == name).collect()
}

#[stampede(ttl = "60s", name = "listed at its first call")]
async fn listed(id: u64) -> u64 {
    id
}

#[tokio::test]
async fn every_live_cache_is_listed() {
    assert!(named("listed at its first call").is_empty());
    assert_eq!(listed(1).await, 1);
    let [cache] = &named("listed at its first call")[..] else { panic!("there is one") };
    assert_eq!(cache.stats(), listed::stats());
    assert_eq!(cache.stats().entries, 1);
    cache.clear();
    assert_eq!(listed::cache().len(), 0);

    let name = format!("raw {}", unique());
    let raw: Cache<u8, u8> = Cache::builder().name(name.clone()).ttl(TTL).build();
    assert_eq!(named(&name).len(), 1);
    drop(raw);
    assert!(named(&name).is_empty());
}

#[test]
fn futures_and_handles_are_send() {
    #[stampede(ttl = "60s")]
    async fn sent(id: u64) -> u64 {
        id
    }

    fn is_send<T: Send>(_: &T) {}
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    let cache: Cache<String, u8, String> = Cache::builder().build();
    is_send_and_sync(&cache);
    is_send_and_sync(&caches());
    is_send_and_sync(sent::cache());
    is_send(&cache.try_get("a", || async { Ok(1) }));
    is_send(&cache.try_get_fresh("a".to_owned(), || async { Ok(1) }));
    is_send(&sent(1));
    is_send(&sent::refresh(1));
    is_send(&sent::uncached(1));
}

#[tokio::test]
async fn a_value_that_nobody_else_needs_is_not_cloned() {
    // Nothing is stored and one caller waits: it gets the value itself.
    struct Unique(Arc<()>);
    impl Clone for Unique {
        fn clone(&self) -> Self {
            panic!("there is no need for a clone");
        }
    }
    let cache: Cache<u8, Unique> = Cache::builder().build();
    let value = soon(cache.get(1, || async { Unique(Arc::new(())) })).await;
    assert_eq!(Arc::strong_count(&value.0), 1);
}
