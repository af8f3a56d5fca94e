//! Caches under everything at once, for as long as is asked: `cargo run --release -p stampede-tests --bin soak -- --minutes 10`.
//!
//! Two runtimes come and go, and with them eight tasks that call, give up, abort, fail, panic, invalidate, insert and clear; a
//! thread without a runtime takes part. With the feature `http` so do clients of a site behind the HTTP layer, with the feature
//! `redis` two caches that share a tier, which is cut. What holds at every moment is checked all the time, what holds at rest every few
//! seconds, when all of them pause. Ends with status 1 at the first violation.

mod actors;
mod checks;
#[cfg(feature = "http")]
mod clients;
#[cfg(feature = "redis")]
mod fleet;
mod stage;

use checks::Checks;
use stage::Stage;
use std::{env, process::ExitCode, time::Duration};

const USAGE: &str = "usage: soak [--minutes N | --seconds N] [--seed N]";

fn main() -> ExitCode {
    let Some((time, seed)) = options(&env::args().skip(1).collect::<Vec<_>>()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    stampede_tests::field::silence_expected_panics();
    println!("soak: {time:?}, seed {seed}");
    let stage = Stage::open(seed);
    let violation = Checks::new(&stage).watch(time);
    stage.close();
    match violation {
        None => {
            println!("soak: no violation");
            ExitCode::SUCCESS
        }
        Some(violation) => {
            eprintln!("soak: {violation}");
            ExitCode::FAILURE
        }
    }
}

/// How long, and the seed.
fn options(arguments: &[String]) -> Option<(Duration, u64)> {
    let (mut time, mut seed) = (Duration::from_secs(60), 1);
    let pairs = arguments.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    for pair in pairs {
        let number = pair[1].parse().ok()?;
        match pair[0].as_str() {
            "--minutes" => time = Duration::from_secs(60 * number),
            "--seconds" => time = Duration::from_secs(number),
            "--seed" => seed = number,
            _ => return None,
        }
    }
    Some((time, seed))
}
