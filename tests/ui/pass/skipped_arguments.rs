//! Arguments that are no part of the key have to be neither `Clone` nor `Hash`.

use stampede::stampede;
use tokio::sync::{mpsc, oneshot};

#[derive(Clone)]
struct Pool;

impl Pool {
    async fn fetch(&self, id: u64) -> String {
        id.to_string()
    }
}

#[stampede(ttl = "1m", skip(pool))]
async fn page(id: u64, pool: &Pool) -> String {
    pool.fetch(id).await
}

#[stampede(ttl = "1m", skip(pool))]
async fn optional(id: u64, pool: Option<&Pool>) -> String {
    match pool {
        Some(pool) => pool.fetch(id).await,
        None => "none".to_owned(),
    }
}

#[stampede(ttl = "1m", skip(receiver, once, price))]
async fn received(mut receiver: mpsc::Receiver<u64>, id: u64, once: oneshot::Sender<u64>, price: f64) -> Option<u64> {
    let _ = once.send(id);
    receiver.recv().await.map(|more| id + more + price as u64)
}

#[stampede(ttl = "1m", skip(callback,))]
async fn called(callback: Box<dyn Fn() -> u64 + Send>, id: u64) -> u64 {
    callback() + id
}

#[stampede(skip(one, other))]
async fn all_skipped(one: &str, other: f64) -> String {
    format!("{one} {other}")
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(1, &Pool).await, "1");
    assert!(page::invalidate(&1));
    assert_eq!(page::refresh(1, &Pool).await, "1");
    assert_eq!(optional(1, None).await, "none");
    assert_eq!(optional::peek(&1).as_deref(), Some("none"));
    let (sender, receiver) = mpsc::channel(1);
    let (once, told) = oneshot::channel();
    sender.send(2).await.unwrap();
    assert_eq!(received(receiver, 1, once, 0.0).await, Some(3));
    assert_eq!(told.await, Ok(1));
    assert_eq!(called(Box::new(|| 1), 1).await, 2);
    assert_eq!(all_skipped("a", 0.5).await, "a 0.5");
    assert_eq!(all_skipped::cache().len(), 0);
}
