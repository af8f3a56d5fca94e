//! What a function returns: told apart by type, not by spelling.

use stampede::{SharedError, stampede};
use std::{error::Error, fmt, sync::Arc};

type Answer<T> = Result<T, String>;

#[stampede(ttl = "1m")]
async fn unit(id: u8) {
    let _ = id;
}

#[stampede(ttl = "1m")]
async fn plain(id: u8) -> (u8, String) {
    (id, id.to_string())
}

#[stampede(ttl = "1m")]
async fn float(id: u8) -> f64 {
    f64::from(id)
}

#[stampede(ttl = "1m")]
async fn text(id: u8) -> &'static str {
    if id == 0 { "zero" } else { "more" }
}

#[stampede(ttl = "1m")]
async fn optional(id: u8) -> Option<String> {
    (id > 0).then(|| id.to_string())
}

#[stampede(ttl = "1m")]
async fn fallible(id: u8) -> Result<String, Arc<str>> {
    if id > 0 { Ok(id.to_string()) } else { Err("zero".into()) }
}

#[stampede(ttl = "1m")]
async fn aliased(id: u8) -> Answer<u8> {
    id.checked_sub(1).ok_or("zero".to_owned())
}

#[stampede(ttl = "1m")]
async fn without_a_value(id: u8) -> Answer<()> {
    if id > 0 { Ok(()) } else { Err("zero".to_owned()) }
}

#[stampede(ttl = "1m")]
async fn optional_in_result(id: u8) -> Result<Option<u8>, String> {
    Ok(id.checked_sub(1))
}

#[stampede(ttl = "1m")]
async fn held(id: &str) -> anyhow::Result<u8> {
    let id: u8 = id.parse()?;
    Ok(id)
}

#[stampede(ttl = "1m")]
async fn boxed(id: &str) -> Result<u8, Box<dyn Error + Send + Sync>> {
    Ok(id.parse()?)
}

/// An error that is not `Clone`.
#[derive(Debug)]
enum Failure {
    Zero,
    Shared(SharedError),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("zero"),
            Self::Shared(error) => error.fmt(f),
        }
    }
}

impl Error for Failure {}

impl From<SharedError> for Failure {
    fn from(error: SharedError) -> Self {
        Self::Shared(error)
    }
}

#[stampede(ttl = "1m")]
async fn enumerated(id: u8) -> Result<u8, Failure> {
    tokio::task::yield_now().await;
    id.checked_sub(1).ok_or(Failure::Zero)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    unit(1).await;
    assert_eq!(plain(1).await, (1, "1".to_owned()));
    assert!(float(1).await > 0.5);
    assert_eq!(text(0).await, "zero");
    assert_eq!(optional(0).await, None);
    assert_eq!(optional::peek(&0), Some(None));
    assert_eq!(fallible(0).await, Err("zero".into()));
    assert_eq!(aliased(1).await, Ok(0));
    assert_eq!(without_a_value(1).await, Ok(()));
    without_a_value::insert(2, ());
    without_a_value::insert(3, Ok(()));
    assert_eq!(optional_in_result(0).await, Ok(None));
    assert_eq!(held("1").await.unwrap(), 1);
    assert!(boxed("one").await.is_err());
    let (one, other) = tokio::join!(enumerated(0), enumerated(0));
    assert_eq!(one.unwrap_err().to_string(), "zero");
    assert!(matches!(other, Err(Failure::Shared(error)) if error.downcast_ref::<Failure>().is_some()));
}
