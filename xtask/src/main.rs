//! The commands of this repository: `cargo xtask <command>`.

mod conformance;

use std::{
    env,
    process::{Command, ExitCode, Stdio},
};

const USAGE: &str = "\
usage: cargo xtask <command>

  test         runs the whole suite: behaviour, compile errors, loom, documentation; needs nothing but Rust
  lint         checks format, clippy, documentation, every feature alone, and that the crates can be packaged
  ci           lint, then test
  fuzz         gives the attribute random tokens for some minutes; the suite does it for a second
  compile      compares the compile time of 200 annotated functions with that of `cached`
  conformance  runs the public tests of HTTP caches against the example `proxy`; needs node and npm
  wrk          compares a hit of the HTTP layer with the same route answering from memory; needs wrk";

fn main() -> ExitCode {
    let commands: Vec<String> = env::args().skip(1).collect();
    let steps: Vec<Step> = match commands.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => test(),
        ["lint"] => lint(),
        ["fuzz"] => fuzz(),
        ["wrk"] => vec![Step::new("run --release -p stampede-benches --bin http")],
        ["compile"] => vec![Step::new("run -p stampede-benches --bin compile")],
        ["conformance"] => return conform(),
        ["ci"] => lint().into_iter().chain(test()).collect(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    for step in &steps {
        if let Err(why) = step.run() {
            eprintln!("\nxtask: {step} {why}", step = step.line());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn conform() -> ExitCode {
    let build = Step::new("build -p stampede-http-examples --example proxy");
    let outcome = build.run().map_err(|why| format!("{} {why}", build.line()));
    match outcome.and_then(|()| conformance::run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("\nxtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// One run of cargo.
struct Step {
    arguments: &'static str,
    environment: &'static [(&'static str, &'static str)],
    /// Words that must not begin a line of what it prints.
    without: &'static [&'static str],
}

/// What only the HTTP layer needs.
const HTTP_CRATES: &[&str] = &["bytes ", "http ", "http-body", "httpdate ", "tower", "hyper", "axum"];

impl Step {
    const fn new(arguments: &'static str) -> Self {
        Self { arguments, environment: &[], without: &[] }
    }

    fn line(&self) -> String {
        let variables = self.environment.iter().map(|(name, value)| format!("{name}='{value}' "));
        format!("{}cargo {}", variables.collect::<String>(), self.arguments)
    }

    fn run(&self) -> Result<(), String> {
        eprintln!("\n> {}", self.line());
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(self.arguments.split_whitespace())
            .envs(self.environment.iter().copied())
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .stderr(Stdio::inherit());
        if self.without.is_empty() {
            command.stdout(Stdio::inherit());
        }
        let output = command.output().map_err(|error| format!("could not be started: {error}"))?;
        if !output.status.success() {
            return Err(format!("failed: {}", output.status));
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let unwanted = |line: &&str| self.without.iter().any(|word| line.starts_with(word));
        printed.lines().find(unwanted).map_or(Ok(()), |line| Err(format!("printed `{line}`")))
    }
}

fn test() -> Vec<Step> {
    vec![
        // Under the real clock, with the reaper thread.
        Step::new("test --workspace"),
        // Under tokio's paused clock, which the feature `test-util` follows.
        Step::new("test -p stampede-tests --features test-util,tracing --test behaviour --test allocations"),
        Step::new("test -p stampede-runtime --all-features --lib"),
        // The HTTP layer, under both clocks, and its examples in the documentation.
        Step::new("test -p stampede-tests --features http --test http"),
        Step::new("test -p stampede-tests --features http,test-util --test http"),
        Step::new("test -p stampede-runtime --features http --doc"),
    ]
}

fn fuzz() -> Vec<Step> {
    vec![Step {
        arguments: "test --release -p stampede-macros any_tokens",
        environment: &[("PROPTEST_CASES", "500000")],
        without: &[],
    }]
}

fn lint() -> Vec<Step> {
    vec![
        Step::new("fmt --all --check"),
        Step::new("clippy --workspace --all-targets --all-features -- -D warnings"),
        // Every feature alone, and none.
        Step::new("clippy -p stampede-runtime --no-default-features -- -D warnings"),
        Step::new("clippy -p stampede-runtime --no-default-features --features tracing -- -D warnings"),
        Step::new("clippy -p stampede-runtime --no-default-features --features test-util -- -D warnings"),
        Step::new("clippy -p stampede-runtime --no-default-features --features http -- -D warnings"),
        // Who does not ask for the HTTP layer builds none of its crates.
        Step { without: HTTP_CRATES, ..Step::new("tree -p stampede-runtime -e normal --prefix none") },
        Step {
            arguments: "doc --workspace --no-deps --all-features",
            environment: &[("RUSTDOCFLAGS", "-D warnings")],
            without: &[],
        },
        Step::new("package -p stampede-macros -p stampede-runtime --allow-dirty"),
    ]
}
