//! The freshness options, alone and together, on every kind of output.

use stampede::{LoadTimeout, Served, stampede};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

mod ttls {
    pub(super) const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);

    pub(super) fn of_text(text: &String) -> std::time::Duration {
        std::time::Duration::from_secs(text.len() as u64)
    }
}

type Answer<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Clone, Debug, PartialEq)]
enum ApiError {
    Slow(LoadTimeout),
}

impl From<LoadTimeout> for ApiError {
    fn from(timeout: LoadTimeout) -> Self {
        Self::Slow(timeout)
    }
}

#[stampede(ttl = MINUTE, stale_while_revalidate = ttls::HOUR, stale_if_error = "1d", jitter = 0.1)]
async fn windows(id: u64) -> Answer<u64> {
    Ok(id)
}

#[stampede(ttl_from = ttls::of_text, stale_while_revalidate = "1m", jitter = 1)]
async fn own(id: u64) -> Answer<String> {
    Ok(format!("{id}"))
}

#[stampede(ttl_from = whole)]
async fn optional(id: u64) -> Option<u64> {
    Some(id)
}

fn whole(output: &Option<u64>) -> Duration {
    output.map_or(Duration::ZERO, Duration::from_secs)
}

#[stampede(ttl = "1m", none_ttl = "1s", err_ttl = MINUTE, load_timeout = "1s")]
async fn negative(id: u64) -> Result<Option<u64>, ApiError> {
    Ok((id > 0).then_some(id))
}

#[stampede(ttl = "forever", stale_if_error = "forever", load_timeout = "forever", err_ttl = "0s", detach = false)]
async fn driven(id: u64) -> anyhow::Result<u64> {
    Ok(id)
}

#[stampede(ttl = "1m", load_timeout = "20ms", detach = false)]
async fn slow(id: u64) -> Result<u64, ApiError> {
    std::future::pending::<()>().await;
    Ok(id)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (answer, served) = windows::call_with_info(1).await;
    assert_eq!((answer.unwrap(), served), (1, Served::Loaded));
    assert_eq!(windows::call_with_info(1).await.1, Served::Fresh);
    assert_eq!(own(7).await.unwrap(), "7");
    assert_eq!(optional(7).await, Some(7));
    assert_eq!((negative(0).await, negative(1).await), (Ok(None), Ok(Some(1))));
    assert_eq!(driven(1).await.unwrap(), 1);
    let Err(ApiError::Slow(timeout)) = slow(1).await else { panic!("it never ends") };
    assert_eq!(timeout.limit(), Duration::from_millis(20));
    assert_eq!(slow::cache().in_flight(), 0);
}
