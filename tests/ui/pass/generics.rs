//! Generic functions have one cache for each instantiation, and what works on all of them together.

#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

use stampede::stampede;
use std::{
    collections::BTreeMap,
    fmt::{self, Debug, Display},
    hash::Hash,
    str::FromStr,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

static LOADS: AtomicUsize = AtomicUsize::new(0);

/// Makes something of a text.
///
/// # Errors
///
/// If nothing can be made of it.
#[stampede(ttl = "1m")]
pub async fn parse<T: FromStr + Clone + Send + Sync>(text: &str) -> Result<T, String>
where
    T::Err: Display,
{
    LOADS.fetch_add(1, SeqCst);
    tokio::task::yield_now().await;
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[stampede(ttl = "1m")]
async fn padded<T, const N: usize, const WIDE: bool>(value: T, others: &[T], more: Option<&T>) -> (usize, T)
where
    T: Hash + Eq + Clone + Send + Sync + Debug,
{
    tokio::task::yield_now().await;
    (N + others.len() + usize::from(more.is_some()) + usize::from(WIDE), value)
}

#[stampede(ttl = "1m")]
async fn by_reference<'a, K: Hash + Eq + Clone + Send + Sync + Ord, V>(map: &'a BTreeMap<K, V>, key: &'a K) -> Option<V>
where
    V: Hash + Eq + Clone + Send + Sync,
{
    map.get(key).cloned()
}

trait Db {
    fn name(&self, id: u64) -> impl Future<Output = String> + Send;
}

#[derive(Clone)]
struct Memory;

impl Db for Memory {
    async fn name(&self, id: u64) -> String {
        format!("memory {id}")
    }
}

#[stampede(key = id, ttl = "1m")]
async fn opaque(db: impl Db + Send + Sync, id: u64) -> String {
    db.name(id).await
}

#[stampede(key = id, ttl = "1m")]
async fn opaque_reference(db: &(impl Db + Clone + Send + Sync), id: u64) -> String {
    db.name(id).await
}

#[stampede(key = id, ttl = "1m", detach = false)]
async fn opaque_in_place(db: &impl Db, id: u64) -> String {
    db.name(id).await
}

#[stampede(skip(make), ttl = "1m")]
async fn mixed<T: Clone + Send + Sync>(id: u64, make: impl Fn(u64) -> T + Send) -> T {
    make(id)
}

#[stampede(ttl = "1m")]
async fn value<O: Clone + Send + Sync + Default>() -> O {
    O::default()
}

#[stampede(ttl = "1m")]
async fn error<T: Clone + Send + Sync + Default, E: From<stampede::SharedError> + std::error::Error + Send + Sync>(
    id: u64,
) -> Result<T, E> {
    let _ = id;
    Ok(T::default())
}

#[stampede(ttl = "1m")]
async fn any_error<T: Clone + Send + Sync + Default>(id: u64) -> anyhow::Result<T> {
    anyhow::ensure!(id > 0, "nothing");
    Ok(T::default())
}

#[stampede(ttl = "1m")]
async fn depth<T: Clone + Send + Sync + Default>(n: u64) -> (u64, T) {
    if n == 0 { (0, T::default()) } else { (depth::<T>(n - 1).await.0 + 1, T::default()) }
}

#[stampede(ttl = "1m")]
fn blocking<T: Hash + Eq + Clone + Send + Sync + Display>(value: &T) -> String {
    value.to_string()
}

#[stampede(ttl = "1m")]
async fn unsized_<T: ?Sized + ToOwned<Owned: Hash + Eq + Clone + Send + Sync> + Hash + Eq + AsRef<[u8]> + Sync>(value: &T) -> usize {
    value.as_ref().len()
}

fn is_send<T: Send>(value: T) -> T {
    value
}

/// Runs it all.
///
/// # Panics
///
/// If something is not memoized.
#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    for _ in 0..2 {
        assert_eq!(parse::<u8>("7").await, Ok(7));
        assert_eq!(parse("7").await, Ok(7_u64));
        assert_eq!(parse("7.5").await, Ok(7.5_f64));
    }
    assert_eq!(LOADS.load(SeqCst), 3);
    assert_eq!(parse::<u8>::stats().hits, 1);
    assert_eq!(parse::stats_all().hits, 3);
    assert_eq!(parse::<u8>::peek("7"), Some(Ok(7)));
    assert!(parse::<u8>::cache().name().ends_with("parse<u8>"));
    assert!(parse::invalidate_all("7"));
    assert_eq!(parse::<u8>::peek("7"), None);
    assert_eq!(parse::<f64>::peek("7.5"), Some(Ok(7.5)));
    parse::<u8>::insert("8", 9);
    assert_eq!(parse::<u8>("8").await, Ok(9));
    assert_eq!(is_send(parse::<u8>::refresh("8")).await, Ok(8));
    assert_eq!(parse::<u8>::uncached("8").await, Ok(8));
    parse::<u8>::clear();
    parse::clear_all();
    assert_eq!(parse::stats_all().entries, 0);

    assert_eq!(is_send(padded::<u8, 3, true>(1, &[2], Some(&3))).await, (6, 1));
    assert_eq!(padded::<_, 4, false>("a", &[], None).await, (4, "a"));
    assert!(padded::<u8, 3, true>::invalidate(&1, &[2], Some(&3)));
    assert_eq!(padded::stats_all().leads, 2);
    assert_eq!(by_reference(&BTreeMap::from([(1, 2)]), &1).await, Some(2));
    assert_eq!(opaque(Memory, 1).await, "memory 1");
    assert_eq!(opaque_reference(&Memory, 1).await, "memory 1");
    assert_eq!(opaque_in_place(&Memory, 1).await, "memory 1");
    opaque::clear();
    assert_eq!(mixed(1, |id| id * 2).await, 2);
    assert_eq!(mixed(1, |id| id.to_string()).await, "1");
    assert_eq!(mixed::<u64>::stats().loads, 1);
    assert_eq!(value::<u8>().await, 0);
    assert_eq!(value::<Option<u8>>::peek(), None);
    assert!(error::<u8, Failure>(1).await.is_ok());
    assert!(any_error::<u8>(0).await.is_err());
    assert_eq!(tokio::spawn(depth::<u8>(5)).await.unwrap(), (5, 0));
    assert_eq!(blocking(&1), "1");
    assert_eq!(blocking::<u8>::refresh(&1), "1");
    assert_eq!(unsized_("abc").await, 3);
    assert_eq!(unsized_::<[u8]>(&[1]).await, 1);
}

#[derive(Debug)]
struct Failure;

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failure")
    }
}

impl std::error::Error for Failure {}

impl From<stampede::SharedError> for Failure {
    fn from(_: stampede::SharedError) -> Self {
        Self
    }
}
