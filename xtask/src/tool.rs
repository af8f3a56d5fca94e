//! Programs that the suite needs beside Rust: there, or installed where that may be done, or else asked for.

use std::process::{Command, Stdio};

/// Makes sure that there is a `redis-server` or a `valkey-server`, for the tests of the shared tier. They start it themselves.
///
/// # Errors
///
/// Says what to run where it can't be installed from here.
pub(crate) fn server() -> Result<(), String> {
    ensure(&["redis-server", "valkey-server"], "the tests of the shared tier")
}

/// Makes sure that there is a valgrind, on systems where it counts the instructions of a hit.
///
/// # Errors
///
/// Says what to run where it can't be installed from here.
pub(crate) fn valgrind() -> Result<(), String> {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        ensure(&["valgrind"], "counting instructions")
    } else {
        Ok(())
    }
}

/// One of `programs` has to be there; Debian's package is named as the first of them is.
fn ensure(programs: &[&str], purpose: &str) -> Result<(), String> {
    let is_there = || programs.iter().any(|program| succeeds(&format!("{program} --version")));
    if is_there() {
        return Ok(());
    }
    let install = format!("apt-get install --yes --no-install-recommends {}", programs[0]);
    if is_root() && succeeds("apt-get --version") {
        eprintln!("\n> {install}");
        // The list of packages may be older than the server's.
        if (succeeds(&install) || (succeeds("apt-get update") && succeeds(&install))) && is_there() {
            return Ok(());
        }
    }
    let program = programs.join(" or ");
    Err(format!("needs {program} for {purpose}; run `sudo {install}`, or what installs it on this system"))
}

/// Installing is for root; nobody else is asked for a password in the middle of a test.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn succeeds(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let Some(program) = words.next() else { return false };
    let mut command = Command::new(program);
    // The package of a server would start one of its own else.
    command.args(words).env("RUNLEVEL", "1").stdin(Stdio::null()).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
