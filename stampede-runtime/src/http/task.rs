//! Tasks that no flight is for.

use std::future::Future;
use tokio::task::JoinHandle;

/// Starts a task, inside the span of whoever starts it (X6).
///
/// # Panics
///
/// Outside of a runtime.
pub(super) fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    #[cfg(feature = "tracing")]
    let future = tracing::Instrument::in_current_span(future);
    tokio::spawn(future)
}
