//! Functions with a tier: `#[stampede(tier = …)]` (T1, T5, T6).

use crate::{server::Server, sharing::member};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use stampede::{
    Cache,
    bounds::{CacheKey, CacheOutput},
    stampede,
    tier::Redis,
};
use stampede_tests::{soon, until};
use std::{
    fmt::Debug,
    sync::{
        LazyLock, OnceLock,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

/// Of the one test: a server in a static would outlive it.
static URL: OnceLock<String> = OnceLock::new();
static REDIS: LazyLock<Redis> = LazyLock::new(|| member(URL.get().expect("the test has set it"), 50));
static LOADS: AtomicU64 = AtomicU64::new(0);

fn load() -> u64 {
    LOADS.fetch_add(1, SeqCst) + 1
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Page {
    id: u64,
    text: String,
}

/// Neither is for others.
#[derive(Clone, Debug, PartialEq)]
struct Opaque;

#[stampede(ttl = "1m", name = "pages", tier = &*REDIS)]
async fn page(id: u64, lang: &str) -> Result<Page, Opaque> {
    if lang == "xx" { Err(Opaque) } else { Ok(Page { id, text: format!("{lang} {}", load()) }) }
}

#[stampede(ttl = "1m", name = "driven", tier = REDIS.clone(), detach = false)]
async fn driven(id: u64) -> u64 {
    let _ = id;
    load()
}

#[stampede(ttl = "1m", name = "blocking", tier = &*REDIS)]
fn blocking(id: u64) -> u64 {
    let _ = id;
    load()
}

#[stampede(ttl = "1m", name = "generic", tier = &*REDIS)]
async fn generic<K, T>(key: K) -> Option<T>
where
    K: CacheKey + Serialize + Debug,
    T: CacheOutput + Serialize + DeserializeOwned + From<u8>,
{
    let _ = format!("{key:?}");
    load();
    Some(T::from(7))
}

#[derive(Clone)]
struct Site;

impl Site {
    #[stampede(key: (u64, String) = (id, lang), ttl = "1m", tier = &*REDIS)]
    async fn visits(&self, id: u64, lang: &str) -> u64 {
        let _ = (id, lang);
        load()
    }
}

/// The same cache in another process.
fn elsewhere<K, V>(name: &'static str) -> Cache<K, V>
where
    K: CacheKey + Serialize,
    V: CacheOutput + Serialize + DeserializeOwned,
{
    let tier = member(URL.get().expect("the test has set it"), 51);
    Cache::builder().name(name).ttl(Duration::from_secs(60)).tier(tier).build()
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_share_their_results() {
    let server = Server::start();
    URL.set(server.url()).expect("this is the only one to set it");

    let first = soon(page(1, "en")).await;
    let same = elsewhere::<(u64, String), Page>("pages");
    let key = (1, "en".to_owned());
    assert_eq!(Ok(soon(same.get(key.clone(), || async { unreachable!("it is there") })).await), first);
    assert_eq!(soon(page(1, "xx")).await, Err(Opaque), "its own process has it");
    assert!(page::invalidate(&1, "en"));
    until(|| same.peek(&key).is_none()).await;
    assert_ne!(soon(page(1, "en")).await, first);
    same.insert(key.clone(), Page { id: 1, text: "given".into() });
    until(|| page::peek(&1, "en").is_none()).await;
    assert_eq!(soon(page(1, "en")).await.expect("a page").text, "given");
    assert_eq!(page::stats().tier.hits, 1);

    let none = || async { unreachable!("it is there") };
    let first = soon(driven(1)).await;
    assert_eq!(soon(elsewhere::<u64, u64>("driven").get(1, none)).await, first);
    let first = tokio::task::spawn_blocking(|| blocking(1)).await.expect("it does not panic");
    assert_eq!(soon(elsewhere::<u64, u64>("blocking").get(1, none)).await, first);
    elsewhere::<u64, u64>("blocking").insert(2, 77);
    until(|| server.values().iter().any(|name| name.contains("blocking:{%02}"))).await;
    assert_eq!(tokio::task::spawn_blocking(|| blocking(2)).await.expect("it does not panic"), 77);

    let before = LOADS.load(SeqCst);
    assert_eq!(soon(generic::<u64, u16>(1)).await, Some(7));
    assert_eq!(soon(generic::<u64, u32>(1)).await, Some(7), "an instantiation of its own");
    assert_eq!(soon(generic::<String, u32>("1".into())).await, Some(7));
    assert_eq!(LOADS.load(SeqCst), before + 3);
    until(|| server.values().iter().filter(|name| name.contains("generic")).count() == 3).await;
    // The server has a value before it is known here that it has.
    until(|| generic::stats_all().tier.published == 3).await;

    assert_eq!(soon(Site.visits(1, "en")).await, soon(Site.visits(1, "en")).await);
    until(|| server.values().iter().any(|name| name.contains("Site%3A%3Avisits"))).await;
    server.assert_leases_end();
}
