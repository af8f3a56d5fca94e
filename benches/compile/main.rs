//! What 200 annotated functions that are called cost the compiler, beside `cached`.
//!
//! A crate for each is written to `target/compile/`, built once with all that it depends on, and then compiled alone, in
//! turns, by debug builds and by checks. `cargo run -p stampede-benches --bin compile -- --bench --functions=N` takes another
//! number. Others that run on the machine make a turn longer by the clock, so processor time is what is compared, and the
//! least of all turns is told beside it.

mod subject;
mod turn;

use stampede_benches::{
    budget::{Budgets, ratio_and_spread},
    figures::{Figure, Line, Spread, Unit, record},
    groups::COMPILE,
    options::Options,
    table::{Table, time},
};
use std::{
    env, io,
    path::{Path, PathBuf},
    process::ExitCode,
};
use subject::{PEER, SUBJECTS, VARIETIES};
use turn::{Cost, Kind};

fn main() -> ExitCode {
    let options = Options::from_args();
    if !options.measures() || !options.includes(COMPILE) {
        return ExitCode::SUCCESS;
    }
    let functions = env::args().find_map(|word| word.strip_prefix("--functions=")?.parse().ok());
    let mut budgets = Budgets::new();
    for signatures in VARIETIES {
        match measure(options.rounds(7).max(3), functions.unwrap_or(200), signatures) {
            Ok(costs) => {
                for (kind, costs) in Kind::ALL.into_iter().zip(costs) {
                    show(kind, signatures, &costs, &mut budgets);
                }
            }
            Err(error) => {
                eprintln!("compile: {error}");
                // 1 is for a budget that is not held.
                return ExitCode::from(2);
            }
        }
    }
    budgets.finish();
    ExitCode::SUCCESS
}

/// Returns what every round has cost, for each kind and each subject.
fn measure(rounds: usize, functions: usize, signatures: usize) -> io::Result<Vec<Vec<Vec<Cost>>>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/compile");
    let crates = SUBJECTS.iter().map(|subject| subject.write(&root, functions, signatures));
    let crates: Vec<PathBuf> = crates.collect::<io::Result<_>>()?;
    let mut costs = vec![vec![Vec::new(); SUBJECTS.len()]; Kind::ALL.len()];
    for round in 0..=rounds {
        for (kind, costs) in Kind::ALL.into_iter().zip(&mut costs) {
            for (path, costs) in crates.iter().zip(costs) {
                let cost = turn::take(path, kind)?;
                // The first turn has compiled the dependencies as well.
                if round > 0 {
                    costs.push(cost);
                }
            }
        }
    }
    Ok(costs)
}

fn show(kind: Kind, signatures: usize, costs: &[Vec<Cost>], budgets: &mut Budgets) {
    let compared = |costs: &Vec<Cost>| costs.iter().map(|cost| cost.compared()).collect::<Vec<f64>>();
    let least = |values: Vec<f64>| values.into_iter().fold(f64::INFINITY, f64::min);
    let first = costs.first().map(compared).unwrap_or_default();
    let what = match signatures {
        1 => format!("{COMPILE}, of one signature"),
        number => format!("{COMPILE}, of {number} signatures"),
    };
    let mut table = Table::new(["", kind.name(), "middle half", "least", "least by the clock", "× stampede"]);
    for (subject, costs) in SUBJECTS.iter().zip(costs) {
        let times = compared(costs);
        let ratio = Spread::of(times.iter().zip(&first).map(|(time, mine)| time / mine).collect());
        let (lowest, value) = (least(times.clone()), Spread::of(times));
        table.row([
            subject.name.to_owned(),
            time(value.median),
            format!("{} to {}", time(value.low), time(value.high)),
            time(lowest),
            time(least(costs.iter().map(|cost| cost.wall).collect())),
            ratio_and_spread(ratio),
        ]);
        if subject.name == PEER {
            let inverse = Spread { low: 1.0 / ratio.high, median: 1.0 / ratio.median, high: 1.0 / ratio.low };
            budgets.at_most(&format!("{what}, {}: × {PEER}", kind.name()), 1.0, Some(inverse));
        }
        // The chart shows the greater variety.
        if kind == Kind::Build && signatures > 1 {
            let (group, subject) = (COMPILE.to_owned(), subject.name.to_owned());
            record(&Line::Figure(Figure { group, subject, unit: Unit::Nanos, value, ratio }));
        }
    }
    print!("\n{what}, processor time\n{table}");
}
