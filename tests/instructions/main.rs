//! How many instructions a hit takes. They are counted by valgrind, so the count is the same on a busy machine and on an idle one.
//!
//! `cargo xtask test` runs this, in a release build. `cargo test` alone does not: valgrind need not be installed for it.
//!
//! Valgrind shows no vDSO to programs, so reading the clock is a system call there, and what that does is not counted.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::process::Command;

/// The program that makes hits.
const HITS: &str = env!("CARGO_BIN_EXE_hit_loop");

/// More than this, in percent, is a hit that has grown.
const TOLERANCE: u64 = 15;

/// The instructions of one hit of each kind. Who makes hits cheaper lowers them; the message of a failure has the counts.
const EXPECTED: [(&str, u64); 7] = [
    ("number", 190),
    ("driven", 190),
    ("text", 199),
    ("pair", 217),
    ("result", 219),
    ("blocking", 174),
    ("raw", 161),
];

#[test]
fn a_hit_takes_no_more_instructions_than_it_did() {
    assert!(!cfg!(debug_assertions), "counted in release builds: `cargo test --release`");
    let counted = EXPECTED.map(|(kind, expected)| (kind, expected, instructions_of_a_hit(kind)));
    let line = |(kind, expected, count)| format!("{kind:8} {count:4}, expected {expected}\n");
    let report: String = counted.into_iter().map(line).collect();
    print!("instructions of a hit\n{report}");
    let has_grown = |(_, expected, count): &(&str, u64, u64)| 100 * count > (100 + TOLERANCE) * expected;
    assert!(!counted.iter().any(has_grown), "hits have grown by over {TOLERANCE} %:\n{report}");
    // It counts hits: each kind looks its key up, and none takes as much as a load.
    assert!(counted.iter().all(|(_, _, count)| (20..1_000).contains(count)), "these are no hits:\n{report}");
}

// T1: who has a tier pays nothing for it while hits are local.
#[cfg(feature = "redis")]
#[test]
fn a_hit_costs_the_same_with_a_tier_as_without() {
    /// Where code comes to lie differs.
    const SLACK: u64 = 3;
    let (raw, tiered) = (instructions_of_a_hit("raw"), instructions_of_a_hit("tiered"));
    println!("instructions of a hit\nraw {raw}, with a tier {tiered}");
    assert!((20..1_000).contains(&raw), "these are no hits: {raw}");
    assert!(raw.abs_diff(tiered) <= SLACK, "{raw} without a tier, {tiered} with one");
}

/// The difference between two numbers of hits: without what starts and ends the program.
fn instructions_of_a_hit(kind: &str) -> u64 {
    const FEW: u64 = 1_000;
    const MANY: u64 = 11_000;
    (instructions(kind, MANY) - instructions(kind, FEW)).div_ceil(MANY - FEW)
}

fn instructions(kind: &str, hits: u64) -> u64 {
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null", HITS, kind, &hits.to_string()])
        .output()
        .expect("valgrind is installed: `apt-get install valgrind`");
    let report = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{kind}: {report}");
    let collected = report.lines().find_map(|line| line.split("Collected :").nth(1));
    let count = collected.and_then(|count| count.trim().parse().ok());
    count.unwrap_or_else(|| panic!("callgrind tells no count: {report}"))
}
