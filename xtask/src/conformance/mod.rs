//! Runs the public suite of tests for HTTP caches against the example `proxy`, and holds its results against those in `docs/`.
//!
//! The suite is npm's `http-cache-tests`. It is installed below `target/`; nothing of it is in this repository.

mod process;
mod report;
mod results;

use process::{Server, output};
use results::{Expected, Kind, Results};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

const SUITE: &str = "http-cache-tests";
const VERSION: &str = "0.4.5";
/// The least that has to pass: of the tests that are required of every cache, and of those for what a good one does.
const BUDGET: [(Kind, usize); 2] = [(Kind::Required, 150), (Kind::Optimal, 75)];
/// How long the suite may take; it pauses for some seconds, and no more.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs the suite, prints the passes, writes the table, and fails if a result has no explanation.
pub(crate) fn run() -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let place = target.join("conformance");
    install(&place)?;

    let table = root.join("docs/conformance.md");
    let before = fs::read_to_string(&table).unwrap_or_default();
    let expected = Expected::parse(&read(&root.join("docs/conformance.txt"))?, &before)?;

    let proxy = target.join("debug/examples/proxy");
    let mut results = Results::parse(&run_suite(&place, &proxy, &[])?)?;
    // The suite's origin sends bodies that are longer than announced, and so spoils what comes next on a connection; and a busy
    // machine is late. Who fails twice, and alone, fails.
    let unexpected = expected.unexpected(&results);
    if !unexpected.is_empty() {
        for outcome in results.0.iter().filter(|outcome| unexpected.contains(&outcome.id)) {
            println!("once more: {}: {}", outcome.id, outcome.result);
        }
        results.replace(Results::parse(&run_suite(&place, &proxy, &unexpected)?)?);
    }
    for outcome in results.failures() {
        println!("{} {}: {}", outcome.kind, outcome.id, outcome.result);
    }
    println!("{}", report::summary(&results));

    let now = report::document(&results, &expected, SUITE, VERSION);
    fs::write(&table, &now).map_err(|error| format!("{}: {error}", table.display()))?;

    let mut problems = expected.compare(&results);
    for (kind, least) in BUDGET {
        let passes = results.passes(kind);
        if passes < least {
            problems.push(format!("{passes} {kind} tests pass, and {least} have to"));
        }
    }
    if problems.is_empty() && before != now {
        problems.push("docs/conformance.md was out of date; read the difference, and commit it".to_owned());
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

/// Installs the suite, unless it is there, and the scripts that run it.
fn install(place: &Path) -> Result<(), String> {
    fs::create_dir_all(place).map_err(|error| format!("{}: {error}", place.display()))?;
    for (name, script) in [("origin.mjs", include_str!("origin.mjs")), ("run.mjs", include_str!("run.mjs"))] {
        fs::write(place.join(name), script).map_err(|error| format!("{name}: {error}"))?;
    }
    let package = place.join("node_modules").join(SUITE).join("package.json");
    let is_there = fs::read_to_string(package)
        .is_ok_and(|package| package.contains(&format!("\"version\": \"{VERSION}\"")));
    if is_there {
        return Ok(());
    }
    let package = format!("{SUITE}@{VERSION}");
    let mut npm = Command::new("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", ".", &package]);
    output(npm.current_dir(place), PATIENCE).map(drop)
}

/// Runs the suite, or some of its tests, between an origin and a client of its own, with the proxy in between. Both servers end
/// with this call.
fn run_suite(place: &Path, proxy: &Path, tests: &[String]) -> Result<String, String> {
    let mut origin = Command::new("node");
    origin.arg("origin.mjs").current_dir(place).envs([
        ("npm_config_protocol", "http"),
        ("npm_config_port", "0"),
        ("npm_config_pidfile", "origin.pid"),
    ]);
    let origin = Server::start(&mut origin)?;
    let proxy = Server::start(Command::new(proxy).arg(origin.url()).arg("127.0.0.1:0"))?;
    let mut suite = Command::new("node");
    suite.args(["--no-warnings", "run.mjs", proxy.url()]).args(tests).current_dir(place);
    output(&mut suite, PATIENCE)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
