//! What bodies do: `return`, `?`, closures, borrows across an await, items of their own.

use stampede::stampede;
use std::sync::Mutex;

static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[stampede(ttl = "1m")]
async fn page(id: u64, lang: &str) -> Result<String, std::num::ParseIntError> {
    if id == 0 {
        return Ok(lang.to_owned());
    }
    let number: u64 = lang.parse()?;
    let borrowed = &lang[..1];
    tokio::task::yield_now().await;
    Ok(format!("{} {borrowed}", number + id))
}

#[stampede(ttl = "1m")]
async fn items(id: u64) -> u64 {
    const MORE: u64 = 1;
    fn add(id: u64) -> u64 {
        id + MORE
    }
    let twice = |id| 2 * id;
    twice(add(id))
}

#[stampede(ttl = "1m")]
async fn logged(id: u64) {
    LOG.lock().unwrap().push(format!("{id}"));
}

#[stampede(ttl = "1m")]
async fn never(id: u64) -> u64 {
    if id > 1 { id } else { panic!("no {id}") }
}

#[allow(clippy::unused_async)]
#[stampede(ttl = "1m")]
async fn mutated(mut words: Vec<String>, mut count: u64) -> Vec<String> {
    while count > 0 {
        words.push(count.to_string());
        count -= 1;
    }
    words
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(page(0, "en").await.as_deref(), Ok("en"));
    assert_eq!(page(1, "2").await.as_deref(), Ok("3 2"));
    assert!(page(1, "en").await.is_err());
    assert_eq!(items(1).await, 4);
    logged(1).await;
    logged(1).await;
    assert_eq!(LOG.lock().unwrap().len(), 1);
    assert_eq!(never(2).await, 2);
    assert_eq!(mutated(Vec::new(), 2).await, ["2", "1"]);
}
