//! The user's other attributes go where they belong.

#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

use stampede::stampede;

/// Is old.
#[stampede(ttl = "1m")]
#[deprecated(note = "use another one")]
pub async fn old(id: u64) -> u64 {
    id
}

/// Must not be dropped.
#[stampede(ttl = "1m")]
#[must_use = "it costs"]
#[inline]
pub fn costly<T: Clone + Send + Sync + Default>(#[allow(unused_variables)] id: u64) -> T {
    T::default()
}

/// Has a span for each load.
#[stampede(ttl = "1m", skip(db))]
#[tracing::instrument(skip(db), fields(kind = "page"))]
pub async fn traced(db: &[u8], id: u64) -> u64 {
    tokio::task::yield_now().await;
    db.len() as u64 + id
}

/// The same with a name.
///
/// # Errors
///
/// None.
#[stampede(ttl = "1m")]
#[tracing::instrument(name = "other", ret, err)]
pub async fn named(id: u64) -> Result<u64, String> {
    Ok(id)
}

/// The same without options.
#[tracing::instrument]
#[stampede(ttl = "1m")]
pub async fn above(id: u64) -> u64 {
    id
}

/// A site.
#[derive(Clone, Debug)]
pub struct Site(u64);

impl Site {
    /// Has a span for each load.
    #[tracing::instrument]
    #[stampede(ttl = "1m", skip(self))]
    pub async fn page(&self, id: u64) -> u64 {
        tokio::task::yield_now().await;
        self.0 + id
    }

    /// Is old.
    #[stampede(ttl = "1m", skip(self))]
    #[deprecated]
    #[must_use]
    pub fn old(&self, #[allow(unused_variables)] id: u64) -> u64 {
        self.0
    }
}

/// Runs it all.
///
/// # Panics
///
/// If something is not memoized.
#[tokio::main(flavor = "current_thread")]
#[allow(deprecated)]
pub async fn main() {
    assert_eq!(old(1).await, 1);
    assert_eq!(costly::<u8>(1), 0);
    assert_eq!(traced(&[1], 1).await, 2);
    assert_eq!(traced::refresh(&[1, 2], 1).await, 3);
    assert_eq!(named(1).await, Ok(1));
    assert_eq!(above(1).await, 1);
    assert_eq!(Site(1).page(1).await, 2);
    assert_eq!(Site(1).old(1), 1);
}
