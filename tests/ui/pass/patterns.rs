//! Patterns in place of names.

use stampede::stampede;

struct Point {
    x: u8,
    y: u8,
}

#[stampede(ttl = "1m")]
async fn tuple((a, b): (u8, u8), mut c: u8) -> u8 {
    c += a;
    c + b
}

#[stampede(ttl = "1m")]
async fn unnamed(_: u8, _hidden: u8, [first, ..]: [u8; 3]) -> u8 {
    first
}

#[stampede(key: u8 = x, detach = false)]
async fn taken_apart(Point { x: left, y }: Point, x: u8) -> u8 {
    left + y + x
}

#[stampede(ttl = "1m")]
async fn behind_a_reference(&(a, b): &(u8, u8), whole @ (c, _): (u8, u8)) -> u8 {
    a + b + c + whole.1
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(tuple((1, 2), 3).await, 6);
    assert_eq!(tuple::peek(&(1, 2), &3), Some(6));
    assert_eq!(unnamed(1, 2, [3, 4, 5]).await, 3);
    assert_eq!(unnamed::uncached(1, 2, [3, 4, 5]).await, 3);
    assert_eq!(taken_apart(Point { x: 1, y: 2 }, 3).await, 6);
    assert_eq!(behind_a_reference(&(1, 2), (3, 4)).await, 10);
}
