//! What 200 annotated functions that are called cost the compiler, beside `cached`.
//!
//! A crate for each is written to `target/compile/`, built once with all that it depends on, and then compiled alone, in
//! turns. `cargo xtask compile` runs it; `--rounds N` and `--functions N` ask for other numbers than 5 and 200. Others that run
//! on the machine only ever make a turn longer, so the least of all turns counts, and processor time more than the clock.

mod subject;
mod turn;

use std::{
    env, io,
    path::{Path, PathBuf},
    process::ExitCode,
};
use subject::SUBJECTS;
use turn::{Cost, Kind};

fn main() -> ExitCode {
    let (rounds, functions) = (argument("--rounds").unwrap_or(5), argument("--functions").unwrap_or(200));
    match measure(rounds, functions) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("compile: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The number behind an option.
fn argument(option: &str) -> Option<usize> {
    let arguments: Vec<String> = env::args().collect();
    let place = arguments.iter().position(|argument| argument == option)?;
    arguments.get(place + 1)?.parse().ok()
}

/// Whether the budget is kept.
fn measure(rounds: usize, functions: usize) -> io::Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/compile");
    let crates = SUBJECTS.iter().map(|subject| subject.write(&root, functions));
    let crates: Vec<PathBuf> = crates.collect::<io::Result<_>>()?;
    let mut least = [[Cost::MOST; SUBJECTS.len()]; Kind::ALL.len()];
    for round in 0..=rounds {
        for (kind, least) in Kind::ALL.into_iter().zip(&mut least) {
            for (path, least) in crates.iter().zip(least) {
                let cost = turn::take(path, kind)?;
                // The first turn has compiled the dependencies as well.
                if round > 0 {
                    *least = least.min(cost);
                }
            }
        }
    }
    println!("{functions} functions that are called, the least of {rounds} turns:");
    let mut is_kept = true;
    for (kind, costs) in Kind::ALL.into_iter().zip(least) {
        println!("  {}", kind.name());
        for (subject, cost) in SUBJECTS.iter().zip(costs) {
            println!("    {:14}{cost}", subject.name);
        }
        let [_, ours, theirs] = costs;
        let (ratio, verdict) = ours.beside(theirs);
        println!(
            "    {:14}{ratio:.2} of `cached` by_key, at most 1.00: {}",
            "",
            if verdict { "ok" } else { "OVER" }
        );
        is_kept &= verdict;
    }
    Ok(is_kept)
}
