//! A hit allocates nothing and clones no argument.

use allocation_counter::measure;
use stampede::stampede;
use std::{
    future::Future,
    path::Path,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// An argument that can't be cloned without being noticed.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Watched(u64);

impl Clone for Watched {
    fn clone(&self) -> Self {
        // Seen by the counter: there is no other reason to allocate.
        drop(Box::new(self.0));
        Self(self.0)
    }
}

#[stampede(ttl = "60s")]
async fn owned(id: u64) -> u64 {
    id
}

#[stampede(ttl = "60s")]
async fn borrowed(id: u64, name: &str, tags: &[u8], path: Option<&Path>) -> Result<usize, String> {
    Ok(usize::try_from(id).unwrap_or(0)
        + name.len()
        + tags.len()
        + path.map_or(0, |path| path.as_os_str().len()))
}

#[stampede(ttl = "60s")]
async fn watched(one: Watched, other: &Watched) -> u64 {
    one.0 + other.0
}

#[stampede(ttl = "60s", key: (u64, String) = (one.0, name))]
async fn declared(one: &Watched, name: &str) -> u64 {
    one.0 + name.len() as u64
}

#[stampede(ttl = "60s", detach = false)]
async fn driven(id: u64, name: &str) -> u64 {
    id + name.len() as u64
}

/// The output of a call that does not wait.
fn hit<F: Future>(call: F) -> F::Output {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a hit does not wait"),
    }
}

#[tokio::test]
async fn a_hit_allocates_nothing_and_clones_no_argument() {
    let name = String::from("a name that is too long to be stored in place");
    assert_eq!(owned(1).await, 1);
    assert_eq!(borrowed(1, &name, &[2, 3], Some(Path::new("x"))).await, Ok(49));
    assert_eq!(watched(Watched(1), &Watched(2)).await, 3);
    assert_eq!(declared(&Watched(1), &name).await, 46);
    assert_eq!(driven(1, &name).await, 46);
    let counted = measure(|| {
        for _ in 0..100 {
            assert_eq!(hit(owned(1)), 1);
            assert_eq!(hit(borrowed(1, &name, &[2, 3], Some(Path::new("x")))), Ok(49));
            assert_eq!(hit(watched(Watched(1), &Watched(2))), 3);
            assert_eq!(hit(declared(&Watched(1), &name)), 46);
            assert_eq!(hit(driven(1, &name)), 46);
        }
    });
    assert_eq!(counted.count_total, 0, "{counted:?}");
    // The counter counts.
    assert!(measure(|| drop(Watched(1).clone())).count_total > 0);
}
