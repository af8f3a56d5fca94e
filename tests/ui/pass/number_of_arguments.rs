//! None, one, and as many as a key can have; more of them where the key is named.

use stampede::stampede;

#[stampede(ttl = "1m")]
async fn none() -> u8 {
    1
}

#[stampede(ttl = "1m")]
async fn one(a: u8) -> u8 {
    a
}

#[stampede(ttl = "1m")]
async fn twelve(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: u8, j: u8, k: u8, l: &str) -> u8 {
    a + b + c + d + e + f + g + h + i + j + k + l.len() as u8
}

#[stampede(key = (a, m))]
async fn thirteen(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    i: u8,
    j: u8,
    k: u8,
    l: u8,
    m: u8,
) -> u8 {
    a + b + c + d + e + f + g + h + i + j + k + l + m
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(none().await, 1);
    assert_eq!(none::peek(), Some(1));
    assert_eq!(none::cache().peek(&()), Some(1));
    assert_eq!(one(1).await, 1);
    assert_eq!(one::cache().peek(&1), Some(1));
    assert_eq!(twelve(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, "1").await, 12);
    assert!(twelve::invalidate(&1, &1, &1, &1, &1, &1, &1, &1, &1, &1, &1, "1"));
    assert_eq!(thirteen(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1).await, 13);
    assert!(!thirteen::invalidate(&1, &1));
}
