//! A server for the tests of the shared tier: there, or installed where that may be done, or else asked for.

use std::process::{Command, Stdio};

const INSTALL: &str = "apt-get install --yes --no-install-recommends redis-server";

/// Makes sure that there is a `redis-server` or a `valkey-server`. The tests start it themselves.
///
/// # Errors
///
/// Says what to run where it can't be installed from here.
pub(crate) fn ensure() -> Result<(), String> {
    if is_there() {
        return Ok(());
    }
    if is_root() && succeeds("apt-get --version") {
        eprintln!("\n> {INSTALL}");
        // The list of packages may be older than the server's.
        if (succeeds(INSTALL) || (succeeds("apt-get update") && succeeds(INSTALL))) && is_there() {
            return Ok(());
        }
    }
    Err(format!(
        "needs redis-server or valkey-server for the tests of the shared tier; run `sudo {INSTALL}`, or what installs it on this system"
    ))
}

fn is_there() -> bool {
    succeeds("redis-server --version") || succeeds("valkey-server --version")
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
    // The package would start a server of its own else.
    command.args(words).env("RUNLEVEL", "1").stdin(Stdio::null()).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
