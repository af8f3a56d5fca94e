//! Runtimes that come and go, and none at all (X4, X6).

use stampede::{Cache, stampede};
use stampede_tests::{End, Probe, detached, driven, soon, unique, until};
use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
    thread,
    time::Duration,
};
use tokio::runtime::{Builder, Runtime};

fn runtimes() -> [fn() -> Runtime; 2] {
    [
        || Builder::new_current_thread().enable_all().build().expect("a runtime"),
        || Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime"),
    ]
}

/// A runtime on which a load has been started; its leader has left.
fn loading(runtime: Runtime, id: u64, probe: &Arc<Probe>) -> Runtime {
    runtime.block_on(async {
        let mut leader = pin!(detached(id, probe));
        assert!(futures::poll!(&mut leader).is_pending());
        until(|| probe.started() == 1).await;
    });
    runtime
}

#[test]
fn a_flight_whose_runtime_is_shut_down_frees_its_waiters() {
    // X4
    for make_doomed in runtimes() {
        for make_living in runtimes() {
            let (id, probe) = (unique(), Probe::new(End::Value));
            let doomed = make_doomed();
            {
                let probe = Arc::clone(&probe);
                doomed.spawn(async move { detached(id, &probe).await });
            }
            doomed.block_on(until(|| probe.started() == 1));
            let waiter = {
                let probe = Arc::clone(&probe);
                thread::spawn(move || {
                    make_living().block_on(async {
                        let mut waiting = pin!(detached(id, &probe));
                        assert!(futures::poll!(&mut waiting).is_pending());
                        probe.open_gate();
                        soon(waiting).await
                    })
                })
            };
            // The gate opens only once the waiter has joined; the load must not get through before the shutdown.
            if probe.started() == 1 {
                doomed.shutdown_background();
            }
            let value = waiter.join().expect("no panic");
            assert_eq!(value.map(|load| load == probe.started() as u64), Ok(true));
            assert_eq!(probe.running(), 0);
        }
    }
}

#[test]
fn a_load_of_a_runtime_that_was_dropped_is_started_over() {
    // X4: the waiter has joined the doomed load for sure, and its own load runs.
    for make_doomed in runtimes() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let doomed = loading(make_doomed(), id, &probe);
        Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
            let mut waiting = pin!(detached(id, &probe));
            assert!(futures::poll!(&mut waiting).is_pending());
            assert_eq!(probe.started(), 1);
            tokio::task::spawn_blocking(move || drop(doomed)).await.expect("dropped");
            assert!(futures::poll!(&mut waiting).is_pending());
            until(|| probe.started() == 2).await;
            probe.open_gate();
            assert_eq!(soon(waiting).await, Ok(2));
        });
        assert_eq!(probe.most_running(), 1);
    }
}

#[test]
fn who_starts_over_takes_what_was_put_in_meanwhile() {
    // X4, C3, I2: nothing is loaded for it.
    for make_doomed in runtimes() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let doomed = loading(make_doomed(), id, &probe);
        Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
            let mut waiting = pin!(detached(id, &probe));
            assert!(futures::poll!(&mut waiting).is_pending());
            detached::insert(id, Ok(99));
            tokio::task::spawn_blocking(move || drop(doomed)).await.expect("dropped");
            assert_eq!(soon(waiting).await, Ok(99));
        });
        assert_eq!((probe.started(), probe.ended()), (1, 0));
    }
}

#[test]
fn without_a_runtime_callers_drive_the_load() {
    // X4
    type Call = fn(u64, &Arc<Probe>) -> Result<u64, String>;
    let calls: [Call; 2] = [
        |id, probe| pollster::block_on(detached(id, probe)),
        |id, probe| pollster::block_on(driven(id, probe)),
    ];
    for call in calls {
        let (id, probe) = (unique(), Probe::new(End::Value));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let probe = Arc::clone(&probe);
                thread::spawn(move || call(id, &probe))
            })
            .collect();
        while probe.started() == 0 {
            thread::yield_now();
        }
        probe.open_gate();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic"), Ok(1));
        }
        assert_eq!(probe.started(), 1);
    }
}

#[test]
fn without_a_runtime_a_waiter_takes_over() {
    // X4, X2
    let (id, probe) = (unique(), Probe::new(End::Value));
    let mut cx = Context::from_waker(Waker::noop());
    let mut driver = Box::pin(detached(id, &probe));
    assert!(driver.as_mut().poll(&mut cx).is_pending());
    let mut waiter = Box::pin(detached(id, &probe));
    assert!(waiter.as_mut().poll(&mut cx).is_pending());
    assert_eq!(probe.started(), 1);
    drop(driver);
    probe.open_gate();
    assert_eq!(pollster::block_on(waiter), Ok(2));
    assert_eq!(probe.most_running(), 1);
}

#[test]
fn a_cache_is_filled_and_read_without_a_runtime() {
    let cache: Cache<String, u8> = Cache::builder().ttl(Duration::from_secs(60)).build();
    cache.insert("one".to_owned(), 1);
    assert_eq!(cache.peek("one"), Some(1));
    assert!(cache.invalidate("one"));
    assert_eq!(pollster::block_on(cache.get("two", || async { 2 })), 2);
    assert_eq!(cache.peek("two"), Some(2));
}

#[tokio::test]
async fn a_detached_load_sees_no_task_locals_before_and_after_its_first_await() {
    // X6: the same surroundings all along.
    tokio::task_local! { static WHO: u8; }
    let cache: Cache<u8, (bool, bool)> = Cache::builder().build();
    let seen = WHO
        .scope(
            7,
            cache.get(1, || async {
                let before = WHO.try_with(|_| ()).is_ok();
                tokio::task::yield_now().await;
                (before, WHO.try_with(|_| ()).is_ok())
            }),
        )
        .await;
    assert_eq!(seen, (false, false));
}

#[cfg(feature = "tracing")]
#[tokio::test]
async fn a_detached_load_runs_inside_the_callers_span() {
    // X6
    use tracing::Instrument;
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry());
    let current = || tracing::Span::current().metadata().map(tracing::Metadata::name);
    let cache: Cache<u8, [Option<&'static str>; 2]> = Cache::builder().build();
    let call = cache.get(1, move || async move {
        let before = current();
        tokio::task::yield_now().await;
        [before, current()]
    });
    assert_eq!(call.instrument(tracing::info_span!("caller")).await, [Some("caller"); 2]);
}

#[stampede(ttl = "60s")]
#[tracing::instrument]
async fn instrumented(id: u64) -> [Option<&'static str>; 2] {
    let _ = id;
    let current = || tracing::Span::current().metadata().map(tracing::Metadata::name);
    let before = current();
    tokio::task::yield_now().await;
    [before, current()]
}

#[tokio::test]
async fn an_instrumented_function_has_its_span_around_its_load() {
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry());
    assert_eq!(instrumented(1).await, [Some("instrumented"); 2]);
    assert_eq!(instrumented::refresh(1).await, [Some("instrumented"); 2]);
}

#[test]
fn a_refresh_that_starts_over_takes_nothing_stored() {
    // I3, X4
    for make_doomed in runtimes() {
        let (id, probe) = (unique(), Probe::new(End::Value));
        detached::insert(id, 77);
        let doomed = make_doomed();
        {
            let probe = Arc::clone(&probe);
            doomed.spawn(async move { detached::refresh(id, &probe).await });
        }
        doomed.block_on(until(|| probe.started() == 1));
        let living = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let refreshed = living.block_on(async {
            let mut waiting = pin!(detached::refresh(id, &probe));
            assert!(futures::poll!(&mut waiting).is_pending());
            doomed.shutdown_background();
            until(|| probe.running() == 0).await;
            probe.open_gate();
            soon(waiting).await
        });
        assert_eq!(refreshed, Ok(2));
    }
}

#[derive(Clone, Debug)]
struct TimedOut;

impl From<stampede::LoadTimeout> for TimedOut {
    fn from(_: stampede::LoadTimeout) -> Self {
        Self
    }
}

#[test]
fn a_load_that_never_ends_is_timed_out_without_a_runtime() {
    let cache: Cache<u8, u8, TimedOut> = Cache::builder().load_timeout(Duration::from_millis(20)).build();
    let callers: Vec<_> = (0..4)
        .map(|_| {
            let cache = cache.clone();
            thread::spawn(move || pollster::block_on(cache.try_get(1, std::future::pending)))
        })
        .collect();
    for caller in callers {
        assert!(caller.join().expect("no panic").is_err());
    }
    assert_eq!(cache.in_flight(), 0);
    assert_eq!(pollster::block_on(cache.try_get(1, || async { Ok(7) })).ok(), Some(7));
}

#[tokio::test]
async fn a_load_that_never_pauses_is_timed_out() {
    // It takes all of its task's share of the runtime, every time.
    let cache: Cache<u8, u8, TimedOut> = Cache::builder().load_timeout(Duration::from_millis(20)).build();
    let load = || async {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        loop {
            sender.send(()).expect("the receiver is there");
            receiver.recv().await;
        }
    };
    assert!(cache.try_get(1, load).await.is_err());
    assert_eq!(cache.in_flight(), 0);
}

#[test]
fn without_a_runtime_a_stale_value_stands_in_for_an_error() {
    // F2, X4
    let cache: Cache<u8, u8, String> = Cache::builder()
        .ttl(Duration::from_millis(1))
        .stale_while_revalidate(Duration::from_secs(600))
        .build();
    assert_eq!(pollster::block_on(cache.try_get(1, || async { Ok(1) })), Ok(1));
    thread::sleep(Duration::from_millis(20));
    assert_eq!(pollster::block_on(cache.try_get(1, || async { Err("down".to_owned()) })), Ok(1));
}

#[test]
fn without_a_runtime_a_stale_value_is_loaded_anew_by_its_caller() {
    // F2, X4: nobody could run a refresh. Under `test-util` the ttl follows the real clock here, as there is no runtime.
    let cache: Cache<u8, u8> = Cache::builder()
        .ttl(Duration::from_millis(1))
        .stale_while_revalidate(Duration::from_secs(600))
        .build();
    assert_eq!(pollster::block_on(cache.get(1, || async { 1 })), 1);
    thread::sleep(Duration::from_millis(20));
    let (value, served) = pollster::block_on(cache.get_with_info(1, || async { 2 }));
    assert_eq!((value, served), (2, stampede::Served::Loaded));
}
