//! The commands of this repository: `cargo xtask <command>`.

mod conformance;
mod coverage;
mod step;
mod tool;

use std::{env, process::ExitCode};
use step::Step;

const USAGE: &str = "\
usage: cargo xtask <command>

  test         runs the whole suite: behaviour, compile errors, loom, documentation, the shared tier, the instructions of a
               hit, long runs; needs Rust, redis-server or valkey-server, and on Linux valgrind: it installs what is missing
               where it may
  runs         the long runs at their full size: ten million keys, 100,000 values of a mebibyte, a million entries that
               expire
  lint         checks format, clippy, documentation, every feature alone, and that the crates can be packaged
  ci           lint, then test
  fuzz         gives the attribute random tokens for some minutes; the suite does it for a second
  model        compares the engine with its specification: 100,000 random schedules, or as many as are asked for;
               --schedules N, --minutes N, --seed N
  coverage     says which lines of the runtime the tests run; needs the tools of rustc's LLVM, as Debian's `llvm-22`
  compile      compares the compile time of 200 annotated functions with that of `cached`
  conformance  runs the public tests of HTTP caches against the example `proxy`; needs node and npm
  wrk          compares a hit of the HTTP layer with the same route answering from memory; needs wrk";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let outcome = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => whole_suite(),
        ["runs"] => long_runs().with("STAMPEDE_RUNS", "full").run(),
        ["lint"] => run(&lint()),
        ["ci"] => run(&lint()).and_then(|()| whole_suite()),
        ["fuzz"] => run(&[fuzz()]),
        ["model", ref options @ ..] => match model(options) {
            Some(step) => step.run(),
            None => return misused(),
        },
        ["coverage"] => coverage::run(),
        ["compile"] => Step::new("run -p stampede-benches --bin compile -- --bench").run(),
        ["conformance"] => conform(),
        ["wrk"] => Step::new("run --release -p stampede-benches --bin http").run(),
        _ => return misused(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("\nxtask: {why}");
            ExitCode::FAILURE
        }
    }
}

fn misused() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn run(steps: &[Step]) -> Result<(), String> {
    steps.iter().try_for_each(Step::run)
}

fn whole_suite() -> Result<(), String> {
    run(&test())?;
    count_instructions()?;
    long_runs().run()
}

fn test() -> Vec<Step> {
    vec![
        // Under the real clock, with the reaper thread.
        Step::new("test --workspace"),
        // Under tokio's paused clock, which the feature `test-util` follows.
        Step::new(
            "test -p stampede-tests --features test-util,tracing,http --test behaviour --test allocations --test model --test http",
        ),
        Step::new("test -p stampede-runtime --all-features --lib"),
        // Everything at once, with runtimes that come and go, clients that disconnect, and a tier that is cut.
        Step::new("run -p stampede-tests --features http,redis --bin soak -- --seconds 60")
            .needing(tool::server),
        // The HTTP layer under the real clock; the shared tier, on servers that the tests start, and its mistakes.
        Step::new("test -p stampede-tests --features http,redis,tracing --test http --test tier")
            .needing(tool::server),
        Step::new(
            "test -p stampede-tests --features http,redis,tracing --test ui -- mistakes trybuild=ui/tier/",
        ),
        Step::new("test -p stampede-runtime --features http,redis --doc"),
    ]
}

/// With the compiler's own flags: instructions are compared with those that were counted before.
fn count_instructions() -> Result<(), String> {
    tool::valgrind()?;
    // The first as it is without the tier, whose feature the second needs.
    let plain = Step::new("test --release -p stampede-tests --test instructions");
    let tiered =
        Step::new("test --release -p stampede-tests --features redis --test instructions -- with_a_tier");
    [plain, tiered].into_iter().try_for_each(|step| step.with("RUSTFLAGS", "").run())
}

/// With the same flags, so that nothing is built twice.
fn long_runs() -> Step {
    Step::new(
        "test --release -p stampede-tests --test many_keys --test large_values --test silence -- --nocapture",
    )
    .with("RUSTFLAGS", "")
}

/// What only the HTTP layer needs.
const HTTP_CRATES: &[&str] = &["bytes ", "http ", "http-body", "httpdate ", "tower", "hyper", "axum"];

/// What only the shared tier needs.
const TIER_CRATES: &[&str] = &["lz4_flex ", "redis ", "rmp", "rustls", "serde "];

fn lint() -> Vec<Step> {
    vec![
        Step::new("fmt --all --check"),
        Step::new("clippy --workspace --all-targets --all-features -- -D warnings"),
        // Every feature alone, and none.
        Step::new("clippy -p stampede-runtime --no-default-features -- -D warnings"),
        Step::new("clippy -p stampede-runtime --no-default-features --features tracing -- -D warnings"),
        Step::new("clippy -p stampede-runtime --no-default-features --features test-util -- -D warnings"),
        Step::new("clippy -p stampede-runtime --no-default-features --features http -- -D warnings"),
        Step::new("clippy -p stampede-runtime --no-default-features --features redis -- -D warnings"),
        // Who does not ask for a part builds none of its crates.
        Step::new("tree -p stampede-runtime -e normal --prefix none").without(HTTP_CRATES),
        Step::new("tree -p stampede-runtime -e normal --prefix none").without(TIER_CRATES),
        Step::new("doc --workspace --no-deps --all-features").with("RUSTDOCFLAGS", "-D warnings"),
        Step::new("package -p stampede-macros -p stampede-runtime --allow-dirty"),
    ]
}

fn fuzz() -> Step {
    Step::new("test --release -p stampede-macros any_tokens").with("PROPTEST_CASES", "500000")
}

/// `options` are pairs of a name and a number.
fn model(options: &[&str]) -> Option<Step> {
    let mut step =
        Step::new("test --release -p stampede-tests --features test-util --test model -- --nocapture");
    if !options.iter().any(|option| ["--schedules", "--minutes"].contains(option)) {
        step = step.with("STAMPEDE_MODEL_SCHEDULES", "100000");
    }
    let pairs = options.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    for pair in pairs {
        let variable = match pair[0] {
            "--schedules" => "STAMPEDE_MODEL_SCHEDULES",
            "--minutes" => "STAMPEDE_MODEL_MINUTES",
            "--seed" => "STAMPEDE_MODEL_SEED",
            _ => return None,
        };
        pair[1].parse::<u64>().ok()?;
        step = step.with(variable, pair[1]);
    }
    Some(step)
}

fn conform() -> Result<(), String> {
    Step::new("build -p stampede-http-examples --example proxy").run()?;
    conformance::run()
}
