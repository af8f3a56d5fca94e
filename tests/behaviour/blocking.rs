//! Functions that are not `async`: the same rules for threads, without a runtime.

use stampede::stampede;
use stampede_tests::{assert_sums, unique};
use std::{
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// Waits for a condition that another thread brings about.
fn until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(20), "what the test waits for does not happen");
        thread::yield_now();
    }
}

static SLOW: AtomicUsize = AtomicUsize::new(0);

#[stampede(ttl = "60s", skip(gate))]
fn slow(id: u64, gate: &mpsc::Receiver<()>) -> Result<u64, String> {
    SLOW.fetch_add(1, SeqCst);
    let _ = gate.recv();
    if id == 0 { Err("zero".to_owned()) } else { Ok(id) }
}

// C2
#[test]
fn threads_share_one_load() {
    let id = unique();
    let before = slow::stats();
    let mut open = Vec::new();
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (gate, wait) = mpsc::channel();
            open.push(gate);
            thread::spawn(move || slow(id, &wait))
        })
        .collect();
    until(|| slow::stats().coalesced - before.coalesced == 7);
    assert_eq!(slow::stats().in_flight, before.in_flight + 1);
    drop(open);
    for call in calls {
        assert_eq!(call.join().unwrap(), Ok(id));
    }
    assert_eq!(slow::stats().loads - before.loads, 1);
    let (_, wait) = mpsc::channel();
    assert_eq!(slow(id, &wait), Ok(id), "the outcome is stored");
    assert_eq!(slow::stats().loads - before.loads, 1);
}

#[stampede(ttl = "60s", skip(gate))]
fn failing(id: u64, gate: &Barrier) -> Result<u64, String> {
    gate.wait();
    Err(format!("load of {id} failed"))
}

// C2: one failed load is one failure for all, and is not stored.
#[test]
fn threads_share_one_failure() {
    let (id, gate) = (unique(), Barrier::new(2));
    thread::scope(|scope| {
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(|| failing(id, &gate))).collect();
        until(|| failing::stats().coalesced == 3);
        gate.wait();
        for call in calls {
            assert_eq!(call.join().unwrap(), Err(format!("load of {id} failed")));
        }
    });
    assert_eq!(failing::stats().loads, 1);
    assert_eq!(failing::cache().len(), 0);
    assert_sums(&failing::stats(), 4);
}

#[derive(Debug, PartialEq)]
struct Payload(u64);

#[stampede(ttl = "60s", skip(gate))]
fn panicking(id: u64, gate: &Barrier) -> u64 {
    gate.wait();
    panic_any(Payload(id))
}

// X3
#[test]
fn one_thread_gets_the_panic_and_the_others_its_message() {
    let (id, gate) = (unique(), Barrier::new(2));
    let payloads = thread::scope(|scope| {
        let call = || catch_unwind(AssertUnwindSafe(|| panicking(id, &gate))).unwrap_err();
        let calls: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
        until(|| panicking::stats().coalesced == 3);
        gate.wait();
        calls.into_iter().map(|call| call.join().unwrap()).collect::<Vec<_>>()
    });
    let original = payloads.iter().filter(|payload| payload.is::<Payload>());
    assert_eq!(original.count(), 1);
    let named = |payload: &&Box<dyn std::any::Any + Send>| {
        payload.downcast_ref::<String>().is_some_and(|message| message.contains("blocking::panicking"))
    };
    assert_eq!(payloads.iter().filter(named).count(), 3);
    assert_eq!(panicking::cache().in_flight(), 0);
    assert_eq!(panicking::stats().loads, 1);
}

#[stampede(ttl = "60s")]
fn circle(n: u64) -> u64 {
    circle((n + 1) % 3)
}

// X5
#[test]
fn a_circle_of_blocking_calls_panics_with_its_chain() {
    let payload = catch_unwind(|| circle(0)).unwrap_err();
    let message = payload.downcast_ref::<String>().expect("a message");
    assert!(message.contains("circle(0)") && message.contains("circle(2)"), "{message}");
    assert_eq!(circle::cache().in_flight(), 0);
}

#[stampede(ttl = "forever")]
fn fib(n: u64) -> u64 {
    if n < 2 { n } else { fib(n - 1) + fib(n - 2) }
}

#[test]
fn recursion_runs_each_body_once() {
    assert_eq!(fib(30), 832_040);
    assert_eq!(fib::stats().loads, 31);
}

#[stampede(ttl = "60s")]
fn text(value: &str, more: Option<&str>) -> String {
    format!("{value}{}", more.unwrap_or_default())
}

#[test]
fn the_companion_blocks_as_well() {
    assert_eq!(text("a", Some("b")), "ab");
    assert_eq!(text::peek("a", Some("b")).as_deref(), Some("ab"));
    assert_eq!(text::refresh("a", Some("b")), "ab");
    assert_eq!(text::uncached("a", None), "a");
    text::insert("a", None, "c".to_owned());
    assert_eq!(text("a", None), "c");
    assert!(text::invalidate("a", None));
    assert_eq!(text("a", None), "a");
    text::clear();
    assert!(text::cache().is_empty());
}

// Callers may borrow what can't be owned: the load never leaves its caller.
#[stampede(ttl = "60s", key = id)]
fn borrowing(id: u64, values: &mut_free::Cell) -> u64 {
    values.0.set(values.0.get() + 1);
    id + values.0.get()
}

mod mut_free {
    /// Neither `Clone` nor `Sync`.
    pub(crate) struct Cell(pub(crate) std::cell::Cell<u64>);
}

#[test]
fn a_blocking_load_may_borrow_anything() {
    let cell = mut_free::Cell(std::cell::Cell::new(0));
    assert_eq!(borrowing(1, &cell), 2);
    assert_eq!(borrowing(1, &cell), 2);
    assert_eq!(cell.0.get(), 1);
}

// Blocking calls inside a runtime block their worker, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_call_works_inside_a_runtime() {
    let (id, gate) = (unique(), std::sync::Arc::new(Barrier::new(2)));
    let leader = {
        let gate = std::sync::Arc::clone(&gate);
        tokio::task::spawn_blocking(move || failing_in_runtime(id, &gate))
    };
    until(|| failing_in_runtime::stats().in_flight == 1);
    let waiter = {
        let gate = std::sync::Arc::clone(&gate);
        tokio::task::spawn_blocking(move || failing_in_runtime(id, &gate))
    };
    until(|| failing_in_runtime::stats().coalesced == 1);
    gate.wait();
    assert_eq!(leader.await.unwrap(), id);
    assert_eq!(waiter.await.unwrap(), id);
}

#[stampede(skip(gate))]
fn failing_in_runtime(id: u64, gate: &Barrier) -> u64 {
    gate.wait();
    id
}

// C5
#[test]
fn without_a_ttl_nothing_is_stored() {
    let gate = Barrier::new(1);
    let id = unique();
    let before = failing_in_runtime::stats().loads;
    assert_eq!(failing_in_runtime(id, &gate), id);
    assert_eq!(failing_in_runtime(id, &gate), id);
    assert_eq!(failing_in_runtime::peek(&id), None);
    assert!(failing_in_runtime::stats().loads >= before + 2);
}
