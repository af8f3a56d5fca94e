//! Functions that are not `async`, with a stale window: silent, whatever they take.

#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

use stampede::stampede;
use std::{rc::Rc, sync::Arc};

#[stampede(ttl = "1m", stale_while_revalidate = "1m")]
fn owned(id: u64, name: String, mut path: Vec<u8>, (a, b): (u8, u8)) -> Option<String> {
    path.push(a);
    if id == 0 {
        return None;
    }
    Some(format!("{id} {name} {} {b}", path.len()))
}

#[stampede(ttl = "1m", stale_while_revalidate = "1m")]
fn borrowed(name: &str, parts: &[u8], more: Option<&str>) -> Result<usize, String> {
    let more = more.ok_or("nothing more")?;
    Ok(name.len() + parts.len() + more.len())
}

// What is thread-bound may be made inside.
#[stampede(ttl = "1m", stale_while_revalidate = "1m", stale_if_error = "1h", err_ttl = "1s", jitter = 0.1)]
fn inside(id: u64) -> Result<u64, String> {
    let id = Rc::new(id);
    Ok(*id)
}

#[stampede(ttl = "1m", stale_while_revalidate = "1m", key = id)]
fn opaque(id: u64, title: impl ToString + Send) -> String {
    format!("{id} {}", title.to_string())
}

#[stampede(ttl = "1m", stale_while_revalidate = "1m")]
fn generic<const N: usize, T: Clone + Send + Sync + From<u8>>(id: u8) -> [T; N] {
    std::array::from_fn(|_| T::from(id))
}

#[derive(Clone)]
struct Site(u64);

trait Pages {
    fn page(&self, id: u64) -> u64;
}

impl Pages for Site {
    #[stampede(key: (u64, u64) = (self.0, id), ttl = "1m", stale_while_revalidate = "1m")]
    fn page(&self, id: u64) -> u64 {
        self.0 + id
    }
}

impl Site {
    #[stampede(skip(self), ttl = "1m", stale_while_revalidate = "1m")]
    fn shared(self: Arc<Self>, id: &u64) -> u64 {
        self.0 + id
    }

    #[stampede(companion = none, ttl = "1m", stale_while_revalidate = "1m")]
    fn of(id: u64) -> Self {
        Self(id)
    }
}

fn main() {
    assert_eq!(owned(1, "a".to_owned(), Vec::new(), (2, 3)).as_deref(), Some("1 a 1 3"));
    assert_eq!(borrowed("a", &[1, 2], Some("b")), Ok(4));
    assert_eq!(borrowed::refresh("a", &[1, 2], None), Err("nothing more".to_owned()));
    assert_eq!(inside(1), Ok(1));
    assert_eq!(opaque(1, 2), "1 2");
    assert_eq!(generic::<2, u16>(7), [7, 7]);
    let site = Site::of(5);
    assert_eq!((site.page(1), Arc::new(site).shared(&2)), (6, 7));
    assert_eq!(owned::call_with_info(1, "a".to_owned(), Vec::new(), (2, 3)).1, stampede::Served::Fresh);
}
