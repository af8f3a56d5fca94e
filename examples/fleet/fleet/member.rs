//! One process of the fleet: callers of a function, and twice a second a line about them.

use crate::zipf::{Numbers, Zipf};
use stampede::{stampede, tier::Redis};
use std::{
    io::{self, Write, stdout},
    process,
    sync::{
        Arc, LazyLock, OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, time::sleep};

static URL: OnceLock<String> = OnceLock::new();

static REDIS: LazyLock<Redis> = LazyLock::new(|| {
    let url = URL.get().expect("the member knows its server");
    Redis::builder(url).application("fleet").build().expect("it is a URL")
});

/// Asks the source, which takes its time.
#[stampede(ttl = "10s", jitter = 0.2, tier = &*REDIS)]
async fn price(article: usize) -> Result<u64, String> {
    sleep(Duration::from_millis(100)).await;
    Ok(article as u64 * 100)
}

/// What the callers of this process have seen.
#[derive(Default)]
struct Seen {
    calls: AtomicU64,
    errors: AtomicU64,
    /// Of the calls since the last line, in milliseconds.
    slowest: AtomicU64,
}

/// Runs until its standard output is closed.
pub(crate) fn run(url: &str, callers: usize, keys: usize) -> io::Result<()> {
    URL.set(url.to_owned()).expect("a member runs once");
    let seen = Arc::new(Seen::default());
    let zipf = Arc::new(Zipf::new(keys));
    Runtime::new()?.block_on(async move {
        for number in 0..callers {
            let numbers = Numbers::new(u64::from(process::id()) << 32 | number as u64);
            tokio::spawn(call(numbers, Arc::clone(&zipf), Arc::clone(&seen)));
        }
        loop {
            sleep(Duration::from_millis(500)).await;
            let stats = price::stats();
            let (calls, errors) = (seen.calls.load(Relaxed), seen.errors.load(Relaxed));
            let slowest = seen.slowest.swap(0, Relaxed);
            let line =
                [calls, errors, slowest, stats.hits, stats.tier.hits, stats.loads, stats.tier.bypassed];
            writeln!(stdout(), "{}", line.map(|number| number.to_string()).join(" "))?;
        }
    })
}

/// One caller: a call every second or so.
async fn call(mut numbers: Numbers, zipf: Arc<Zipf>, seen: Arc<Seen>) {
    loop {
        sleep(Duration::from_millis(500) + Duration::from_secs(1).mul_f64(numbers.next())).await;
        let start = Instant::now();
        let result = price(zipf.draw(numbers.next())).await;
        let took = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        seen.calls.fetch_add(1, Relaxed);
        seen.errors.fetch_add(u64::from(result.is_err()), Relaxed);
        seen.slowest.fetch_max(took, Relaxed);
    }
}
