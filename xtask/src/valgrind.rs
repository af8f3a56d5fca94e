//! Valgrind, which counts the instructions of a hit: there, or installed where that may be done, or else asked for.

use std::process::{Command, Stdio};

const INSTALL: &str = "apt-get install --yes --no-install-recommends valgrind";

/// Makes sure that there is a valgrind, on systems where instructions are counted.
///
/// # Errors
///
/// Says what to run where it can't be installed from here.
pub(crate) fn ensure() -> Result<(), String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) || succeeds("valgrind --version") {
        return Ok(());
    }
    if is_root() && succeeds("apt-get --version") {
        eprintln!("\n> {INSTALL}");
        // The list of packages may be older than the server's.
        if succeeds(INSTALL) || (succeeds("apt-get update") && succeeds(INSTALL)) {
            return Ok(());
        }
    }
    Err(format!(
        "needs valgrind, to count instructions; run `sudo {INSTALL}`, or what installs it on this system"
    ))
}

/// Installing is for root; nobody else is asked for a password in the middle of a test.
fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout.trim_ascii() == b"0")
}

fn succeeds(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let Some(program) = words.next() else { return false };
    let status = Command::new(program).args(words).stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
