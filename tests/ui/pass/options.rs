//! Every option, in every form; a comma at the end.

extern crate stampede as cachelib;

use stampede::stampede;
use std::time::Duration;

const SHORT: Duration = Duration::from_secs(1);

mod settings {
    pub const LONG: std::time::Duration = std::time::Duration::from_secs(3_600);
}

#[stampede]
async fn none(id: u8) -> u8 {
    id
}

#[stampede()]
async fn empty(id: u8) -> u8 {
    id
}

#[stampede(ttl = SHORT)]
async fn constant(id: u8) -> u8 {
    id
}

#[stampede(ttl = crate::settings::LONG,)]
async fn path(id: u8) -> u8 {
    id
}

#[stampede(ttl = Duration::MAX)]
async fn associated(id: u8) -> u8 {
    id
}

#[stampede(ttl = "forever", name = "pages")]
async fn named(id: u8) -> u8 {
    id
}

#[stampede(ttl = "1d 2h 3m 4s 5ms", companion = other)]
async fn renamed(id: u8) -> u8 {
    id
}

mod renamed {
    pub(crate) const WHOLE: u8 = 1;
}

#[stampede(ttl = "1m", companion = none)]
async fn alone(id: u8) -> u8 {
    id
}

mod alone {
    pub(crate) const WHOLE: u8 = 1;
}

#[stampede(ttl = "1m", crate = ::cachelib)]
async fn elsewhere(id: u8, lang: &str) -> Result<u8, String> {
    Ok(id + lang.len() as u8)
}

#[stampede(crate = cachelib, companion = r#match, skip(id), detach = true, name = "all", ttl = "0s")]
async fn all(id: u8) -> u8 {
    id
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(none(1).await + empty(1).await, 2);
    assert_eq!(none::cache().len(), 0);
    assert_eq!(constant(1).await + path(1).await + associated(1).await, 3);
    assert_eq!(named(1).await, 1);
    assert_eq!(named::cache().name(), "pages");
    assert_eq!(none::cache().name(), concat!(module_path!(), "::none"));
    assert_eq!(renamed(1).await, renamed::WHOLE);
    assert!(other::invalidate(&1));
    assert_eq!(alone(1).await, alone::WHOLE);
    assert_eq!(elsewhere(1, "en").await, Ok(3));
    assert_eq!(all(1).await, 1);
    assert_eq!(r#match::stats().loads, 1);
}
