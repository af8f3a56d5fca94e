//! A source that fails and recovers, and what its callers notice: a timeline.
//!
//! ```console
//! cargo run --example outage
//! ```
//!
//! Twenty callers a second ask for one rate. The source takes 120 ms, is down from second 2 to second 5, and hangs for a second
//! after that. The same calls go to the plain function, and to the function with its stale windows.

mod source;
mod timeline;

use source::{Outage, Rate};
use stampede::{Served, stampede};
use std::{io, time::Duration};
use timeline::{Mark, Timeline};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// Asks the source for a rate.
///
/// Fresh for 400 ms. Then old for another 400 ms while a load in the background brings a new one, and for ten seconds while the
/// source is down. A load that hangs is given up after 300 ms, which counts as a failure.
#[stampede(ttl = "400ms", stale_while_revalidate = "400ms", stale_if_error = "10s", load_timeout = "300ms")]
async fn rate(currency: &str) -> Result<Rate, Outage> {
    source::ask(currency).await
}

const CALLS: u32 = 160;
const PAUSE: Duration = Duration::from_millis(50);

#[tokio::main]
async fn main() -> io::Result<()> {
    source::start();
    println!("Eight seconds of {} calls a second ...\n", 1_000 / PAUSE.as_millis());
    let start = Instant::now();
    let mut plain = JoinSet::new();
    let mut memoized = JoinSet::new();
    for number in 0..CALLS {
        sleep_until(start + PAUSE * number).await;
        plain.spawn(async move { (number, plain_call().await) });
        memoized.spawn(async move { (number, memoized_call().await) });
    }
    let plain = Timeline::new(plain.join_all().await);
    let memoized = Timeline::new(memoized.join_all().await);
    let stats = rate::stats();

    let out = &mut io::stdout().lock();
    timeline::print(out, &source::states(CALLS, PAUSE), &[("plain", &plain), ("stampede", &memoized)])?;
    timeline::print_summary(out, &[("plain", &plain, u64::from(CALLS)), ("stampede", &memoized, stats.loads)])
}

async fn plain_call() -> (Mark, Duration) {
    let start = Instant::now();
    let mark = match rate::uncached("EUR").await {
        Ok(_) => Mark::New,
        Err(_) => Mark::Error,
    };
    (mark, start.elapsed())
}

async fn memoized_call() -> (Mark, Duration) {
    let start = Instant::now();
    let mark = match rate::call_with_info("EUR").await {
        (Err(_), _) => Mark::Error,
        (Ok(_), Served::Fresh) => Mark::Fresh,
        (Ok(_), Served::Stale { .. }) => Mark::Stale,
        (Ok(_), _) => Mark::New,
    };
    (mark, start.elapsed())
}
