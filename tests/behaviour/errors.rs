//! Errors of one load for many callers, without a change of the signature.

use stampede::{Cache, SharedError, stampede};
use stampede_tests::{on_both_flavours, soon, unique};
use std::{error::Error, fmt, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// An error that is not `Clone`.
#[derive(Debug, PartialEq, Eq)]
struct Root(u64);

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "root {}", self.0)
    }
}

impl Error for Root {}

/// An error enum that is not `Clone` and has a variant for shared errors.
#[derive(Debug)]
enum ApiError {
    Root(Root),
    Shared(SharedError),
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(_) => write!(f, "the api failed"),
            Self::Shared(shared) => shared.fmt(f),
        }
    }
}

impl Error for ApiError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Root(root) => Some(root),
            Self::Shared(shared) => shared.source(),
        }
    }
}

impl From<SharedError> for ApiError {
    fn from(shared: SharedError) -> Self {
        Self::Shared(shared)
    }
}

type ApiResult<T> = Result<T, ApiError>;

#[stampede(ttl = "60s", skip(gate))]
async fn by_enum(id: u64, gate: Arc<Semaphore>) -> ApiResult<u64> {
    let _ = gate.acquire().await;
    Err(ApiError::Root(Root(id)))
}

#[stampede(ttl = "60s", skip(gate))]
async fn by_anyhow(id: u64, gate: Arc<Semaphore>) -> anyhow::Result<u64> {
    let _ = gate.acquire().await;
    Err(anyhow::Error::new(Root(id)).context("the api failed"))
}

#[stampede(ttl = "60s", skip(gate))]
async fn by_box(id: u64, gate: Arc<Semaphore>) -> Result<u64, Box<dyn Error + Send + Sync>> {
    let _ = gate.acquire().await;
    Err(ApiError::Root(Root(id)).into())
}

/// A gate that is open, for a caller that is alone.
fn open() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(1))
}

/// Two calls that share a load, for its gate opens when both wait.
async fn two<T, E, F: Future<Output = Result<T, E>>>(call: impl Fn(Arc<Semaphore>) -> F) -> [E; 2] {
    let gate = Arc::new(Semaphore::new(0));
    let (mut one, mut other) = (Box::pin(call(Arc::clone(&gate))), Box::pin(call(Arc::clone(&gate))));
    assert!(futures::poll!(&mut one).is_pending());
    assert!(futures::poll!(&mut other).is_pending());
    gate.add_permits(2);
    let (one, other) = soon(async { tokio::join!(one, other) }).await;
    [one, other].map(|outcome| outcome.err().expect("it fails"))
}

/// `Display` of an error and of its sources.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |error: &&(dyn Error + 'static)| (*error).source())
        .map(ToString::to_string)
        .collect()
}

on_both_flavours! {
    async fn a_caller_that_is_alone_gets_the_original() {
        let id = unique();
        assert!(matches!(by_enum(id, open()).await, Err(ApiError::Root(root)) if root == Root(id)));
        assert_eq!(by_anyhow(id, open()).await.expect_err("it fails").downcast_ref(), Some(&Root(id)));
        assert!(by_box(id, open()).await.expect_err("it fails").is::<ApiError>());
    }

    async fn waiters_get_an_error_with_the_same_chain() {
        let id = unique();
        for error in two(|gate| by_enum(id, gate)).await {
            assert_eq!(chain(&error), ["the api failed".to_owned(), format!("root {id}")]);
            let ApiError::Shared(shared) = error else { panic!("two callers share it") };
            assert!(matches!(shared.downcast_ref(), Some(ApiError::Root(_))));
        }
        for error in two(|gate| by_anyhow(id, gate)).await {
            assert_eq!(chain(error.as_ref()), ["the api failed".to_owned(), format!("root {id}")]);
            assert!(error.is::<SharedError>());
        }
        for error in two(|gate| by_box(id, gate)).await {
            assert_eq!(chain(error.as_ref()), ["the api failed".to_owned(), format!("root {id}")]);
            let shared: &SharedError = error.downcast_ref().expect("two callers share it");
            assert!(shared.downcast_ref::<ApiError>().is_some());
        }
    }

    async fn a_raw_cache_shares_errors_that_are_not_clone() {
        let cache: Cache<u8, u8, anyhow::Error> =
            Cache::builder().ttl(Duration::from_secs(60)).build_sharing_errors();
        let call = |gate: Arc<Semaphore>| cache.try_get(1, || async move {
            let _ = gate.acquire().await;
            Err(anyhow::Error::new(Root(1)).context("outer"))
        });
        for error in two(call).await {
            assert_eq!(chain(error.as_ref()), ["outer", "root 1"]);
            assert!(error.is::<SharedError>());
        }
        assert!(!soon(call(open())).await.expect_err("it fails").is::<SharedError>());
        assert_eq!(cache.len(), 0);
    }
}

#[tokio::test]
async fn a_shared_error_reaches_the_original_through_its_sources() {
    let cache: Cache<u8, u8, anyhow::Error> = Cache::builder().build_sharing_errors();
    let gate = Semaphore::new(0);
    let gate = Arc::new(gate);
    let call = || {
        let gate = Arc::clone(&gate);
        cache.try_get(1, || async move {
            let _ = gate.acquire().await;
            Err(anyhow::Error::new(Root(7)).context("one").context("two"))
        })
    };
    gate.add_permits(1);
    let (one, other) = tokio::join!(call(), call());
    for error in [one, other].map(|outcome| outcome.expect_err("it fails")) {
        let shared = error.downcast_ref::<SharedError>().expect("both have waited");
        assert_eq!(shared.to_string(), "two");
        assert_eq!(shared.downcast_ref::<Root>(), Some(&Root(7)));
        assert!(shared.downcast_ref::<fmt::Error>().is_none());
    }
}
