//! Generated code gives no warning, the user's own code the same as without the attribute.

#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    unused,
    nonstandard_style,
    rust_2018_idioms,
    future_incompatible,
    let_underscore,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unused_qualifications,
    unused_results,
    clippy::all,
    clippy::pedantic
)]

use stampede::stampede;

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// What identifies it.
    pub id: u64,
}

/// Says what there is.
///
/// # Errors
///
/// None.
#[stampede(ttl = "1m")]
pub async fn page(id: u64, lang: &str) -> Result<String, String> {
    tokio::task::yield_now().await;
    Ok(format!("{id} {lang}"))
}

/// Counts in vain.
#[stampede(key: (u64, String) = (user.id, lang), detach = false)]
pub async fn declared(user: &User, lang: &str) -> u64 {
    tokio::task::yield_now().await;
    user.id + lang.len() as u64
}

/// Skips.
#[stampede(skip(_user), companion = none, name = "skipped")]
pub async fn skipped(_user: Option<&User>, (a, b): (u64, u64)) -> u64 {
    tokio::task::yield_now().await;
    a + b
}

#[stampede]
async fn private(ids: Vec<u64>, lang: &'static str) -> Option<u64> {
    ids.first().map(|id| id + lang.len() as u64)
}

/// Has lints of its own.
#[stampede(ttl = "1m")]
#[allow(non_snake_case)]
#[expect(unused_variables)]
pub async fn withLints(userId: u64) {}

/// Expects what the attribute allows anyway.
#[stampede]
#[expect(clippy::unused_async)]
pub async fn expecting() {}

#[stampede]
async fn used_by_its_companion_alone(id: u64) -> u64 {
    id
}

/// Runs it all.
///
/// # Panics
///
/// If something is not memoized.
#[tokio::main(flavor = "current_thread")]
pub async fn main() {
    assert_eq!(page(1, "en").await.as_deref(), Ok("1 en"));
    assert_eq!(declared(&User { id: 1 }, "en").await, 3);
    assert_eq!(skipped(None, (1, 2)).await, 3);
    assert_eq!(private(vec![1], "en").await, Some(3));
    withLints(1).await;
    withLints::clear();
    expecting().await;
    assert_eq!(used_by_its_companion_alone::refresh(1).await, 1);
}
