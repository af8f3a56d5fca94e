//! `stampede::Cache` by hand: a cache of rendered pages, without the attribute.
//!
//! ```console
//! cargo run --example raw
//! ```

use stampede::Cache;
use std::{error::Error, fmt, time::Duration};
use tokio::time::{Instant, sleep};

/// Cloned for every caller that waited for the failed load. Errors that can't be cloned take `build_sharing_errors()`.
#[derive(Clone, Debug)]
struct NoSuchPage(String);

impl fmt::Display for NoSuchPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no page {}", self.0)
    }
}

impl Error for NoSuchPage {}

async fn render(path: String) -> Result<String, NoSuchPage> {
    println!("    rendering {path} ...");
    sleep(Duration::from_millis(100)).await;
    if path == "/lost" { Err(NoSuchPage(path)) } else { Ok(format!("<h1>{path}</h1>")) }
}

/// Looks a page up by `&str`: the key is owned on a miss only. `pages` is a handle, so its clones share the cache.
async fn page(pages: &Cache<String, String, NoSuchPage>, path: &'static str) -> Result<String, NoSuchPage> {
    pages.try_get(path, move || render(path.to_owned())).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A cache whose loads can't fail.
    let words: Cache<String, usize> = Cache::builder().name("words").ttl(Duration::from_secs(60)).build();
    println!("`get`: {} words", words.get("to be or not to be", || async { 6 }).await);

    // A cache whose loads can.
    let pages = Cache::builder().name("pages").ttl(Duration::from_secs(5)).build();

    println!("\nThree callers of one page, at once:");
    let started = Instant::now();
    let (a, b, c) = tokio::join!(page(&pages, "/home"), page(&pages, "/home"), page(&pages, "/home"));
    println!("    {} {} {} after {} ms", a?, b?, c?, started.elapsed().as_millis());
    println!("    a fourth, later: {}, nothing rendered", page(&pages, "/home").await?);

    println!("\nTwo callers share one failure, and it is not kept; the third tries again:");
    let (a, b) = tokio::join!(page(&pages, "/lost"), page(&pages, "/lost"));
    for error in [a, b, page(&pages, "/lost").await].into_iter().filter_map(Result::err) {
        println!("    {error}");
    }

    println!("\nWhat is there, without loading it:");
    println!(
        "    `peek(\"/home\")`: {:?}, `peek(\"/lost\")`: {:?}",
        pages.peek("/home"),
        pages.peek("/lost")
    );
    pages.insert("/about".to_owned(), "<h1>by hand</h1>".to_owned());
    println!("    after `insert`: {}", page(&pages, "/about").await?);
    println!(
        "    `invalidate(\"/home\")`: {}, and once more: {}",
        pages.invalidate("/home"),
        pages.invalidate("/home")
    );
    println!("    a caller after that: {}", page(&pages, "/home").await?);

    let stats = pages.stats();
    println!("\n`stats`: {} hits, {} callers joined a load in flight,", stats.hits, stats.coalesced);
    println!("    {} loads, {} of them failed, {} entries", stats.loads, stats.loads_err, stats.entries);
    println!("\n`stampede::caches()`, all of this process:");
    for cache in stampede::caches() {
        println!("    {}: {} entries, {} loads", cache.name(), cache.stats().entries, cache.stats().loads);
    }
    Ok(())
}
