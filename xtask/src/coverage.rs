//! Which lines of the engine the tests run: rustc's own instrumentation, read by the tools of its LLVM version.
//!
//! Debian has them as `llvm-22`, for an LLVM of version 22; a toolchain with the component `llvm-tools` has them too.
//!
//! Why a file may stay below, `CONTRIBUTING.md` says under *Coverage*, and only there: a line `- ` of file names, a colon, the
//! reason. The command goes by it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What is run: all tests of behaviour, under both clocks, with all faces.
const SUITES: [&str; 3] = [
    "test -p stampede-runtime --all-features --lib",
    "test -p stampede-tests --features test-util,tracing,http --test behaviour --test model --test http",
    "test -p stampede-tests --features http,redis,tracing --test behaviour --test http --test tier",
];

/// The least part of the lines of a file, in percent.
const LEAST: f64 = 90.0;

/// Runs the suites and prints the coverage of each file of the runtime.
///
/// # Errors
///
/// If something fails, or if fewer than nine lines in ten of a file are run and no reason is written down.
pub(crate) fn run() -> Result<(), String> {
    crate::tool::server()?;
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let target = root.join("target/coverage");
    let profiles = target.join("profiles");
    // Of an earlier run.
    let _ = fs::remove_dir_all(&profiles);
    let (mut programs, mut failed) = (Vec::new(), Ok(()));
    for suite in SUITES {
        let mut cargo = cargo(root, &target, suite);
        cargo.args(["--no-run", "--message-format=json"]);
        programs.extend(executables(&output(&mut cargo)?));
        let mut cargo = self::cargo(root, &target, suite);
        // What is killed by a test writes nothing.
        cargo.env("LLVM_PROFILE_FILE", profiles.join("%p-%m.profraw"));
        cargo.arg("--no-fail-fast");
        // What has run says as much as it would have.
        failed = failed.and(status(&mut cargo));
    }
    report(root, &target, &profiles, &programs).and(failed)
}

fn report(root: &Path, target: &Path, profiles: &Path, programs: &[String]) -> Result<(), String> {
    let merged = target.join("merged.profdata");
    let raw = fs::read_dir(profiles).map_err(|error| format!("no profiles were written: {error}"))?;
    let raw = raw.filter_map(|entry| Some(entry.ok()?.path()));
    status(Command::new(tool("llvm-profdata")?).args(["merge", "--sparse", "-o"]).arg(&merged).args(raw))?;
    let mut cov = Command::new(tool("llvm-cov")?);
    cov.current_dir(root).args(["report", "--show-branch-summary=false", "--show-region-summary=false"]);
    cov.arg(format!("--instr-profile={}", merged.display()));
    // Tests beside the code are not what is to be covered.
    cov.arg(r"--ignore-filename-regex=/tests\.rs$");
    // The first has no option.
    cov.args(programs.iter().take(1));
    for program in programs.iter().skip(1) {
        cov.args(["--object", program]);
    }
    cov.arg(root.join("stampede-runtime/src").canonicalize().map_err(|error| error.to_string())?);
    let report = output(&mut cov)?;
    println!("{report}");
    explain(&report, &reasons(root)?)
}

/// Prints the files that are below, and why. An error names those without a reason.
fn explain(report: &str, reasons: &[(String, String)]) -> Result<(), String> {
    let mut unexplained = Vec::new();
    println!("Below {LEAST} %:");
    for (file, percent) in report.lines().filter_map(line).filter(|(_, percent)| *percent < LEAST) {
        let reason = reasons.iter().find(|(files, _)| files.contains(&format!("`{file}`")));
        let why = reason.map_or("nobody knows", |(_, reason)| reason);
        println!("  {file} ({percent} %): {why}");
        if reason.is_none() {
            unexplained.push(file);
        }
    }
    if unexplained.is_empty() {
        return Ok(());
    }
    let files = unexplained.join(", ");
    Err(format!("fewer than {LEAST} % of their lines are run, and CONTRIBUTING.md does not say why: {files}"))
}

/// A file of the report, or the total, and the part of its lines that are run, in percent.
fn line(line: &str) -> Option<(&str, f64)> {
    let name = line.split_whitespace().next()?;
    Some((name, line.split_whitespace().last()?.strip_suffix('%')?.parse().ok()?))
}

/// The files that may stay below, and why.
fn reasons(root: &Path) -> Result<Vec<(String, String)>, String> {
    let text = fs::read_to_string(root.join("CONTRIBUTING.md")).map_err(|error| error.to_string())?;
    let (_, section) = text.split_once("## Coverage").ok_or("CONTRIBUTING.md says nothing about coverage")?;
    let section = section.split("\n## ").next().unwrap_or_default();
    let points = section.split("\n- ").skip(1);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(points
        .filter_map(|point| point.split_once(':'))
        .map(|(files, why)| (files.to_owned(), words(why)))
        .collect())
}

fn cargo(root: &Path, target: &Path, arguments: &str) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args(arguments.split_whitespace())
        .env("CARGO_TARGET_DIR", target)
        .env("RUSTFLAGS", "-C instrument-coverage")
        // What build scripts write is nobody's business.
        .env("LLVM_PROFILE_FILE", target.join("ignored.profraw"));
    cargo
}

/// The test programs that a build names.
fn executables(messages: &str) -> Vec<String> {
    let name = |line: &str| {
        let (_, rest) = line.split_once("\"executable\":\"")?;
        rest.split_once('"').map(|(path, _)| path.to_owned())
    };
    messages.lines().filter_map(name).collect()
}

/// A tool of the LLVM that rustc is built with.
fn tool(name: &str) -> Result<PathBuf, String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = output(Command::new(&rustc).arg("-vV"))?;
    let field = |field: &str| version.lines().find_map(|line| line.strip_prefix(field)).map(str::trim);
    let sysroot = output(Command::new(&rustc).args(["--print", "sysroot"]))?;
    let host = field("host:").unwrap_or_default();
    let component = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin").join(name);
    if component.exists() {
        return Ok(component);
    }
    let major = field("LLVM version:").and_then(|version| version.split('.').next()).unwrap_or_default();
    let packaged = PathBuf::from(format!("{name}-{major}"));
    let runs = Command::new(&packaged).arg("--version").stdout(Stdio::null()).status().is_ok();
    let missing = || {
        format!(
            "`{name}` of LLVM {major} is missing; install Debian's `llvm-{major}`, or the component `llvm-tools`"
        )
    };
    if runs { Ok(packaged) } else { Err(missing()) }
}

fn output(command: &mut Command) -> Result<String, String> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?} failed: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn status(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed: {status}")) }
}
