//! `detach = false`: bodies that are not `Send`, arguments that are borrowed and not `Clone`.

use stampede::stampede;
use std::{borrow::Cow, cell::Cell, rc::Rc};

struct Connection {
    queries: Cell<u64>,
}

#[stampede(ttl = "1m", detach = false)]
async fn not_send(id: u64) -> String {
    let shared = Rc::new(id);
    tokio::task::yield_now().await;
    shared.to_string()
}

#[stampede(ttl = "1m", skip(connection), detach = false)]
async fn borrowed(id: u64, connection: &Connection) -> u64 {
    connection.queries.set(connection.queries.get() + 1);
    tokio::task::yield_now().await;
    id + connection.queries.get()
}

#[stampede(ttl = "1m", key = id, detach = false)]
async fn borrow_inside<'a>(id: u64, lang: Cow<'a, str>, connections: &'a [Connection], last: &mut_free::Last<'_>) -> usize {
    lang.len() + connections.len() + last.0.len() + id as usize
}

mod mut_free {
    pub struct Last<'a>(pub &'a str);
}

#[stampede(ttl = "1m", key: (u64, String) = (id, lang), detach = false)]
async fn declared(id: u64, lang: Cow<'_, str>) -> String {
    format!("{id} {lang}")
}

#[stampede(detach = true)]
async fn detached(id: u64) -> u64 {
    id
}

#[stampede(ttl = "1m", detach = false)]
async fn countdown(n: u64) -> u64 {
    if n == 0 { 0 } else { Box::pin(countdown(n - 1)).await + 1 }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(not_send(1).await, "1");
    assert_eq!(not_send::refresh(1).await, "1");
    let connection = Connection { queries: Cell::new(0) };
    assert_eq!(borrowed(1, &connection).await, 2);
    assert_eq!(borrowed(1, &connection).await, 2);
    assert_eq!(borrow_inside(1, Cow::Borrowed("en"), &[connection], &mut_free::Last("x")).await, 5);
    assert!(borrow_inside::invalidate(&1));
    assert_eq!(declared(1, Cow::Borrowed("en")).await, "1 en");
    assert_eq!(declared::peek(&(1, "en".to_owned())).as_deref(), Some("1 en"));
    assert_eq!(detached(1).await, 1);
    assert_eq!(countdown(3).await, 3);
}
