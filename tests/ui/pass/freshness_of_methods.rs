//! The freshness options on methods, generic functions and functions for threads.

use stampede::{LoadTimeout, Served, stampede};
use std::{str::FromStr, time::Duration};

#[derive(Clone)]
struct Site {
    id: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Slow;

impl From<LoadTimeout> for Slow {
    fn from(_: LoadTimeout) -> Self {
        Self
    }
}

fn short<T>(_: &T) -> Duration {
    Duration::from_secs(1)
}

const TTL: Duration = Duration::from_secs(60);

impl Site {
    #[stampede(
        key: (u64, u64) = (self.id, id), ttl = TTL, stale_while_revalidate = "1m", stale_if_error = "1h", jitter = 0.1,
        err_ttl = "1s", none_ttl = "2s", load_timeout = "20ms", capacity = 100
    )]
    pub async fn page(&self, id: u64) -> Result<Option<String>, Slow> {
        if id == 0 {
            std::future::pending::<()>().await;
        }
        Ok(Some(format!("{} {id}", self.id)))
    }

    #[stampede(skip(self), ttl_from = short, detach = false)]
    pub async fn name(&self) -> String {
        self.id.to_string()
    }
}

#[stampede(ttl = TTL, stale_while_revalidate = "1m", none_ttl = "1s", capacity = 7)]
async fn parse<T: FromStr + Clone + Send + Sync>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[stampede(ttl_from = short, load_timeout = "1s", stale_if_error = "1m")]
async fn parse_or<T: FromStr + Clone + Send + Sync, E: From<LoadTimeout> + Clone + Send + Sync>(text: &str, or: T) -> Result<T, E>
where
    T: std::hash::Hash + Eq,
{
    Ok(text.parse().unwrap_or(or))
}

#[stampede(ttl = "1m", stale_if_error = "1m", err_ttl = "1s", jitter = 1, capacity = "unbounded")]
fn digest(path: &str) -> Result<u64, String> {
    if path.is_empty() { Err("no path".to_owned()) } else { Ok(path.len() as u64) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let site = Site { id: 7 };
    assert_eq!(site.page(1).await, Ok(Some("7 1".to_owned())));
    assert_eq!(site.page(0).await, Err(Slow));
    assert_eq!(site.page(0).await, Err(Slow), "it is kept");
    assert_eq!(Site::page_cache().stats().loads, 2);
    assert_eq!(site.name().await, "7");
    assert_eq!(parse::<u8>::call_with_info("7").await, (Some(7), Served::Loaded));
    assert_eq!(parse::<u8>::call_with_info("7").await, (Some(7), Served::Fresh));
    assert_eq!(parse_or::<u8, Slow>("x", 1).await, Ok(1));
    assert_eq!((digest("ab"), digest("")), (Ok(2), Err("no path".to_owned())));
    assert_eq!(digest::call_with_info("").1, Served::Fresh);
}
