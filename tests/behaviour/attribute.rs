//! The attribute on the signatures that it promises to work on.

use stampede::{SharedError, stampede};
use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Currency {
    Eur,
    Usd,
}

/// Counts the loads of one function.
macro_rules! loads {
    ($name:ident) => {
        static $name: AtomicUsize = AtomicUsize::new(0);
    };
}

loads!(RATE);

#[stampede(ttl = "5s")]
async fn rate(from: Currency, to: &str) -> Result<u64, String> {
    RATE.fetch_add(1, SeqCst);
    if to == "nowhere" { Err(format!("no {to}")) } else { Ok(from as u64 + to.len() as u64) }
}

#[tokio::test]
async fn a_second_call_is_a_hit() {
    assert_eq!(rate(Currency::Usd, "EUR").await, Ok(4));
    assert_eq!(rate(Currency::Eur, "EUR").await, Ok(3));
    rate::clear();
    assert_eq!(rate(Currency::Usd, &String::from("EUR")).await, Ok(4));
    assert_eq!(RATE.load(SeqCst), 3);
    assert_eq!(rate::peek(&Currency::Usd, "EUR"), Some(Ok(4)));
    assert!(rate::invalidate(&Currency::Usd, "EUR"));
    assert!(!rate::invalidate(&Currency::Usd, "EUR"));
    assert_eq!(rate::refresh(Currency::Usd, "EUR").await, Ok(4));
    assert_eq!(rate::uncached(Currency::Usd, "EUR").await, Ok(4));
    rate::insert(Currency::Usd, "EUR", 9);
    assert_eq!(rate(Currency::Usd, "EUR").await, Ok(9));
    rate::insert(Currency::Usd, "EUR", Ok(10));
    assert_eq!(rate(Currency::Usd, "EUR").await, Ok(10));
    assert_eq!(rate(Currency::Usd, "nowhere").await, Err("no nowhere".to_owned()));
    println!("{:?}", rate::stats());
    rate::clear();
    assert_eq!(rate::cache().len(), 0);
}

#[stampede(ttl = "5s")]
async fn all(
    mut id: u64,
    (a, b): (u8, u8),
    to: &'static str,
    xs: &[u32],
    path: Option<&Path>,
    cur: &Currency,
) -> anyhow::Result<u64> {
    id += u64::from(a) + u64::from(b);
    tokio::task::yield_now().await;
    let n: u64 = to.parse()?;
    Ok(n + id + xs.len() as u64 + path.map_or(0, |path| path.as_os_str().len() as u64) + *cur as u64)
}

#[tokio::test]
async fn arguments_of_all_kinds() {
    assert_eq!(all(1, (2, 3), "4", &[5, 6], Some(Path::new("abc")), &Currency::Usd).await.unwrap(), 16);
    let (one, two) = tokio::join!(
        all(1, (2, 3), "x", &[], None, &Currency::Usd),
        all(1, (2, 3), "x", &[], None, &Currency::Usd)
    );
    let (one, two) = (one.unwrap_err(), two.unwrap_err());
    assert!(one.downcast_ref::<SharedError>().is_some());
    assert_eq!(one.to_string(), two.to_string());
}

#[stampede(ttl = "forever")]
async fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1).await + fib(n - 2).await }
}

#[tokio::test]
async fn recursion() {
    assert_eq!(fib(20).await, 6765);
    assert_eq!(fib::stats().loads, 21);
}
