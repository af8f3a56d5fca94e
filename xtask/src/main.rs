//! The commands of this repository: `cargo xtask <command>`.

use std::{
    env,
    process::{Command, ExitCode},
};

const USAGE: &str = "\
usage: cargo xtask <command>

  test     runs the whole suite: behaviour, compile errors, loom, documentation; needs nothing but Rust
  lint     checks format, clippy, documentation, every feature alone, and that the crates can be packaged
  ci       lint, then test
  fuzz     gives the attribute random tokens for some minutes; the suite does it for a second
  model    compares the engine with its specification: 100,000 random schedules, or as many as are asked for;
           --schedules N, --minutes N, --seed N
  compile  compares the compile time of 200 annotated functions with that of `cached`";

fn main() -> ExitCode {
    let commands: Vec<String> = env::args().skip(1).collect();
    let steps: Vec<Step> = match commands.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["test"] => test(),
        ["lint"] => lint(),
        ["fuzz"] => fuzz(),
        ["compile"] => vec![Step::new("run -p stampede-benches --bin compile")],
        ["model", ref options @ ..] => match model(options) {
            Some(steps) => steps,
            None => return misused(),
        },
        ["ci"] => lint().into_iter().chain(test()).collect(),
        _ => return misused(),
    };
    for step in &steps {
        if let Err(why) = step.run() {
            eprintln!("\nxtask: {step} {why}", step = step.line());
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn misused() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// One run of cargo.
struct Step {
    arguments: &'static str,
    environment: Vec<(&'static str, String)>,
}

impl Step {
    fn new(arguments: &'static str) -> Self {
        Self { arguments, environment: Vec::new() }
    }

    fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.environment.push((variable, value.to_owned()));
        self
    }

    fn line(&self) -> String {
        let variables = self.environment.iter().map(|(name, value)| format!("{name}='{value}' "));
        format!("{}cargo {}", variables.collect::<String>(), self.arguments)
    }

    fn run(&self) -> Result<(), String> {
        eprintln!("\n> {}", self.line());
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(self.arguments.split_whitespace())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status()
            .map_err(|error| format!("could not be started: {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("failed: {status}")) }
    }
}

fn test() -> Vec<Step> {
    vec![
        // Under the real clock, with the reaper thread.
        Step::new("test --workspace"),
        // Under tokio's paused clock, which the feature `test-util` follows.
        Step::new(
            "test -p stampede-tests --features test-util,tracing --test behaviour --test allocations --test model",
        ),
        Step::new("test -p stampede-runtime --all-features --lib"),
    ]
}

fn fuzz() -> Vec<Step> {
    vec![Step::new("test --release -p stampede-macros any_tokens").with("PROPTEST_CASES", "500000")]
}

/// `options` are pairs of a name and a number.
fn model(options: &[&str]) -> Option<Vec<Step>> {
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
    Some(vec![step])
}

fn lint() -> Vec<Step> {
    vec![
        Step::new("fmt --all --check"),
        Step::new("clippy --workspace --all-targets --all-features -- -D warnings"),
        // Every feature alone, and none.
        Step::new("clippy -p stampede-runtime --no-default-features -- -D warnings"),
        Step::new("clippy -p stampede-runtime --no-default-features --features tracing -- -D warnings"),
        Step::new("clippy -p stampede-runtime --no-default-features --features test-util -- -D warnings"),
        Step::new("doc --workspace --no-deps --all-features").with("RUSTDOCFLAGS", "-D warnings"),
        Step::new("package -p stampede-macros -p stampede-runtime --allow-dirty"),
    ]
}
