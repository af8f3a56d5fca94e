//! The errors that callers get from the cache itself: one that stands in for an error that can't be cloned, and a time-out.

use std::{
    error::Error,
    fmt::{self, Debug, Display},
    sync::Arc,
    time::Duration,
};

/// One error, shared by all the calls that waited for the load that failed with it.
///
/// A load that fails once fails for all of its callers. Where the function's error type is not `Clone` but can be built from
/// a `SharedError`, each of them gets one of those: `anyhow::Error`, `eyre::Report` and `Box<dyn Error + Send + Sync>` can as
/// they are, an error enum with a variant `#[from] SharedError`. `Display`, `Debug` and `source` are the original's.
///
/// # Examples
///
/// ```
/// use stampede::{SharedError, stampede};
///
/// #[derive(Debug, PartialEq)]
/// struct NoSuchPage(u64);
/// # impl std::fmt::Display for NoSuchPage {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "no page {}", self.0) }
/// # }
/// # impl std::error::Error for NoSuchPage {}
///
/// #[stampede(ttl = "5s")]
/// async fn page(id: u64) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
///     Err(NoSuchPage(id).into())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (first, second) = tokio::join!(page(7), page(7));
/// for error in [first.unwrap_err(), second.unwrap_err()] {
///     assert_eq!(error.to_string(), "no page 7");
///     let shared = error.downcast_ref::<SharedError>().expect("two callers share it");
///     assert_eq!(shared.downcast_ref::<NoSuchPage>(), Some(&NoSuchPage(7)));
/// }
/// # }
/// ```
// In a box, so that a handle is one pointer: every entry has room for one.
#[derive(Clone)]
pub struct SharedError(Arc<Box<dyn AsError>>);

impl SharedError {
    /// Returns the original error, or the first in its chain of sources, that is an `E`.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        let mut next: Option<&(dyn Error + 'static)> = Some(self.0.as_error());
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    /// Returns the original error.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.0.as_error()
    }

    /// Shares an error type that implements `Error`.
    pub(crate) fn from_error<E: Error + Send + Sync + 'static>(error: E) -> Self {
        Self(Arc::new(Box::new(Plain(error))))
    }

    /// Shares an error type that holds one, as `anyhow::Error` and boxed errors do.
    pub(crate) fn from_holder<E: AsRef<dyn Error + Send + Sync> + Send + Sync + 'static>(error: E) -> Self {
        Self(Arc::new(Box::new(Holder(error))))
    }
}

impl Debug for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(self.0.as_error(), f)
    }
}

impl Display for SharedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self.0.as_error(), f)
    }
}

impl Error for SharedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.as_error().source()
    }
}

/// An error that can be shared: one that implements [`Error`], or holds one as `anyhow::Error` and `Box<dyn Error + Send +
/// Sync>` do.
///
/// `Form` tells the two apart and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be shared by the callers of a load",
    label = "is no error, and holds none",
    note = "implement `std::error::Error` for it, or `Clone`, and use `build`"
)]
pub trait Shareable<Form> {
    #[doc(hidden)]
    fn into_shared(self) -> SharedError;
}

/// An error that implements [`Error`].
#[derive(Debug)]
pub enum Itself {}

/// An error that holds one.
#[derive(Debug)]
pub enum Holding {}

impl<E: Error + Send + Sync + 'static> Shareable<Itself> for E {
    fn into_shared(self) -> SharedError {
        SharedError::from_error(self)
    }
}

impl<E: AsRef<dyn Error + Send + Sync> + Send + Sync + 'static> Shareable<Holding> for E {
    fn into_shared(self) -> SharedError {
        SharedError::from_holder(self)
    }
}

trait AsError: Send + Sync {
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static);
}

struct Plain<E>(E);

impl<E: Error + Send + Sync + 'static> AsError for Plain<E> {
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        &self.0
    }
}

struct Holder<E>(E);

impl<E: AsRef<dyn Error + Send + Sync> + Send + Sync> AsError for Holder<E> {
    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.0.as_ref()
    }
}

/// A load took longer than its cache's `load_timeout`. It was dropped, and all the calls that waited for it get this.
///
/// A function with `load_timeout` returns a `Result` whose error can be built from it, as `anyhow::Error` and
/// `Box<dyn Error + Send + Sync>` can, and an error enum with a variant `#[from] LoadTimeout`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadTimeout {
    name: String,
    limit: Duration,
}

impl LoadTimeout {
    pub(crate) fn new(name: &str, limit: Duration) -> Self {
        Self { name: name.to_owned(), limit }
    }

    /// Returns the name of the cache.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns how long the load had.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }
}

impl Display for LoadTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the load took longer than {:?}", self.name, self.limit)
    }
}

impl Error for LoadTimeout {}
