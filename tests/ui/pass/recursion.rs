//! Functions that call themselves and each other are `Send`.

use stampede::stampede;

#[stampede(ttl = "1m")]
async fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1).await + fib(n - 2).await }
}

#[stampede(ttl = "1m")]
async fn f(n: u64, lang: &str) -> Result<String, String> {
    if n == 0 { Ok(lang.to_owned()) } else { g(n - 1, lang.to_owned()).await }
}

#[stampede(ttl = "1m")]
async fn g(n: u64, lang: String) -> Result<String, String> {
    f(n, &lang).await
}

#[stampede(ttl = "1m")]
async fn spawns(n: u64) -> u64 {
    if n == 0 { 0 } else { tokio::spawn(spawns(n - 1)).await.unwrap() + 1 }
}

#[stampede(ttl = "1m", detach = false)]
async fn driven(n: u64) -> u64 {
    if n == 0 { 0 } else { Box::pin(driven(n - 1)).await + 1 }
}

fn is_send<T: Send>(value: T) -> T {
    value
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(tokio::spawn(fib(30)).await.unwrap(), 832_040);
    assert_eq!(tokio::spawn(f(5, "en")).await.unwrap().as_deref(), Ok("en"));
    assert_eq!(is_send(g(5, "en".to_owned())).await.as_deref(), Ok("en"));
    assert_eq!(is_send(f::refresh(5, "en")).await.as_deref(), Ok("en"));
    assert_eq!(is_send(spawns(5)).await, 5);
    assert_eq!(driven(5).await, 5);
}
