//! Makes a number of hits of one kind, and little else: `hit_loop KIND COUNT`. To be run where instructions are counted.

#[cfg(feature = "redis")]
mod idle;

use stampede::{Cache, stampede};
use std::{
    env,
    future::Future,
    hint::black_box,
    pin::pin,
    process::ExitCode,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

const HOUR: Duration = Duration::from_secs(3_600);

#[stampede(ttl = "1h")]
async fn number(id: u64) -> u64 {
    id
}

#[stampede(ttl = "1h", detach = false)]
async fn driven(id: u64) -> u64 {
    id
}

#[stampede(ttl = "1h")]
async fn text(text: &str) -> u64 {
    text.len() as u64
}

#[stampede(ttl = "1h")]
async fn pair(id: u64, text: &str) -> u64 {
    id + text.len() as u64
}

#[stampede(ttl = "1h")]
async fn result(id: u64) -> Result<Arc<str>, String> {
    Ok(id.to_string().into())
}

#[stampede(ttl = "1h")]
fn blocking(id: u64) -> u64 {
    id
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [kind, count] = &arguments[..] else { return ExitCode::from(2) };
    let Ok(count) = count.parse() else { return ExitCode::from(2) };
    // A load has to end before there are hits; without a runtime the call drives it.
    match kind.as_str() {
        "number" => at_once(repeat(count, || number(black_box(7)))),
        "driven" => at_once(repeat(count, || driven(black_box(7)))),
        "text" => at_once(repeat(count, || text(black_box("en-GB")))),
        "pair" => at_once(repeat(count, || pair(black_box(7), black_box("en-GB")))),
        "result" => at_once(repeat(count, || result(black_box(7)))),
        "blocking" => (0..count).for_each(|_| {
            black_box(blocking(black_box(7)));
        }),
        "raw" => repeat_raw(count, &Cache::builder().ttl(HOUR).build()),
        #[cfg(feature = "redis")]
        "tiered" => {
            let cache = Cache::builder().name("tiered").ttl(HOUR).tier(idle::Idle).build();
            // A load would ask the tier first, and wait for its answer.
            cache.insert(7, 7);
            repeat_raw(count, &cache);
        }
        _ => return ExitCode::from(2),
    }
    ExitCode::SUCCESS
}

/// The same code, whatever is behind the cache.
#[inline(never)]
fn repeat_raw(count: u64, cache: &Cache<u64, u64>) {
    at_once(repeat(count, || cache.get(black_box(7), || async { 7 })));
}

async fn repeat<F: Future>(count: u64, call: impl Fn() -> F) {
    for _ in 0..count {
        black_box(call().await);
    }
}

/// Polls what does not wait.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a hit does not wait"),
    }
}
